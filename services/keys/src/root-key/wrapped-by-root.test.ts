import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openKeysStore } from '../store.ts'
import { wrappedByRoot } from './wrapped-by-root.ts'

test('every column that holds a wrapped key is wrapped anew with the next root key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-keys-'))
  const store = await openKeysStore(join(folder, 'keys.sqlite'))
  try {
    const columns = await sql<{ table: string; column: string }>`
      select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c
      where t.type = 'table' and c.name like 'wrapped%'`.execute(store.db)
    const named = ({ table, column }: { table: string; column: string }) => `${table}.${column}`
    expect(columns.rows.map(named).sort()).toEqual(wrappedByRoot.map(named).sort())
  } finally {
    await store.close()
    await rm(folder, { recursive: true })
  }
})
