import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@reinraum/kit'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { type KeysDatabase, keysMigrations } from '../store.ts'
import { countedRuns } from './counted-runs.ts'

const debit = (approval_id: string, run_id: string) => ({ approval_id, run_id, debited_at: 1 })

test('an approval is counted by its debits: those from before, and every one that comes or goes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-counted-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keys.db')
  const before = await openStore<KeysDatabase>(file, keysMigrations.slice(0, keysMigrations.indexOf(countedRuns)))
  await before.db
    .insertInto('debits')
    .values([debit('a', '1'), debit('a', '2'), debit('b', '1')])
    .execute()
  await before.close()

  const { db, close } = await openStore<KeysDatabase>(file, keysMigrations)
  onTestFinished(close)
  const counted = async () =>
    Object.fromEntries((await db.selectFrom('approval_runs').selectAll().execute()).map((row) => [row.approval_id, row.runs]))
  expect(await counted()).toEqual({ a: 2, b: 1 })
  await db
    .insertInto('debits')
    .values([debit('a', '3'), debit('c', '1')])
    .execute()
  expect(await counted()).toEqual({ a: 3, b: 1, c: 1 })
  // What is there already adds nothing.
  await db
    .insertInto('debits')
    .values([debit('a', '3')])
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  expect(await counted()).toEqual({ a: 3, b: 1, c: 1 })
  // Nor does one become another's: where no other row is in its way either.
  const moved = db.updateTable('debits').set({ approval_id: 'd' }).where('approval_id', '=', 'c').execute()
  await expect(moved).rejects.toThrow()
  await sql`delete from debits`.execute(db)
  expect(await counted()).toEqual({ a: 0, b: 0, c: 0 })
})
