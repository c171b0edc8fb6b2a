import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseStatement, type Release } from '@reinraum/statements'
import { sql } from 'kysely'
import { expect } from 'vitest'
import { storeName } from '../backup/backup-files.ts'
import { openKeysStore } from '../store.ts'
import type { Room } from './room.ts'

/** What a copy of the store holds: the store itself stays as the killed process left it, for the next one to recover. */
export async function readStore({ folder, shared }: Room) {
  const copy = await mkdtemp(join(folder, 'copy-'))
  const files = (await readdir(shared.config.data)).filter((name) => name.startsWith(storeName))
  for (const name of files) await copyFile(join(shared.config.data, name), join(copy, name))
  const { db, close } = await openKeysStore(join(copy, storeName))
  try {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
    const orphans = await sql`pragma foreign_key_check`.execute(db)
    expect({ integrity: rows, orphans: orphans.rows }).toEqual({ integrity: [{ integrity_check: 'ok' }], orphans: [] })
    return {
      releases: await db.selectFrom('releases').selectAll().orderBy('sequence').execute(),
      debits: await db.selectFrom('debits').selectAll().execute(),
      ledgerEntries: (await db.selectFrom('ledger_entries').select('digest').execute()).map(({ digest }) => digest),
      releasedKeys: await db.selectFrom('released_keys').selectAll().execute(),
      leases: await db.selectFrom('leases').select('run_id').execute(),
      nonces: await db.selectFrom('nonces').selectAll().execute(),
      events: (await sql<{ id: string }>`select id from outbox`.execute(db)).rows.map(({ id }) => id),
      contracts: (await db.selectFrom('contracts').select('id').execute()).map(({ id }) => id),
      wrappingKeys: await db.selectFrom('wrapping_keys').select(['contract_id', 'slot']).execute(),
      dataKeys: await db.selectFrom('data_keys').select(['contract_id', 'slot']).execute(),
    }
  } finally {
    await close()
    await rm(copy, { recursive: true })
  }
}

export type StoreAfterKill = Awaited<ReturnType<typeof readStore>>

/**
 * Every run that was released has its entry, one debit of each approval, its keys on record, its lease and its event; no other
 * run has any of it; the log is one chain, and ledgers hold the entries that it names.
 * @param approvals that each run rests on
 * @param keys that each run gets
 * @param read entries whose statements were read before, by id; those that are new are added
 * @returns the runs that were released
 */
export function requireWholeReleases(
  store: StoreAfterKill,
  approvals: number,
  keys: number,
  read = new Map<string, Release>(),
): ReadonlySet<string> {
  const released = new Set(store.releases.filter(({ decision }) => decision === 'released').map(({ run_id }) => run_id))
  const each = (times: number) => [...released].flatMap((run) => Array.from({ length: times }, () => run)).sort()
  const runsOf = (rows: readonly { readonly run_id: string }[]) => rows.map(({ run_id }) => run_id).sort()
  expect(runsOf(store.debits)).toEqual(each(approvals))
  expect(runsOf(store.releasedKeys)).toEqual(each(keys))
  expect(runsOf(store.leases)).toEqual(each(1))
  // The other events have ids of their own.
  const decided = store.events.filter((id) => id.startsWith('sha256:'))
  expect(decided.sort()).toEqual(store.releases.map(({ id }) => id).sort())
  let previous: string | null = null
  const debited: string[] = []
  for (const [i, { id, sequence, statement }] of store.releases.entries()) {
    const document = read.get(id) ?? readEntry(id, statement)
    read.set(id, document)
    const expected = { sequence: i + 1, previous }
    expect({ sequence, previous: document.previous }).toEqual(expected)
    expect(document.sequence).toBe(sequence)
    previous = id
    if (document.outcome.decision === 'released') debited.push(...(document.outcome.ledger ?? []).map(({ after }) => after))
  }
  expect(store.ledgerEntries.sort()).toEqual(debited.sort())
  return released
}

function readEntry(id: string, statement: Uint8Array): Release {
  const { id: ownId, document } = parseStatement(statement) as { id: string; document: Release }
  expect(ownId).toBe(id)
  return document
}
