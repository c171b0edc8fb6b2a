import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { combineShares, randomBytes } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryRootKey } from '../root-key/memory-root-key.ts'
import type { RootKey } from '../root-key/root-key.ts'
import { wrappedByRoot } from '../root-key/wrapped-by-root.ts'
import { agreeAndImport } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { contribute, reshareBy, sealAsAdministrator, shareOf, twoOfThree, unsealBy } from '../testing/ceremony.ts'
import { type PartyName, publicKeysFile, type Room, startRoom } from '../testing/room.ts'
import { createWrappingKey } from '../wrapping-key.ts'

let room: Room
beforeEach(async () => {
  room = await startRoom(twoOfThree)
})
afterEach(() => room.stop())

const file = (party: PartyName) => publicKeysFile(room.folder, party)
const administer = () => room.shared.asOf(SealService, room.parties.analyst).reshare({})
/** Two holders of `twoOfThree`. */
const reshare = () => reshareBy(room, 'air', 'bird')
const threeOthers = () => ({ kind: 'shares' as const, threshold: 3, holders: [file('bird'), file('officer'), file('stranger')] })

/** What the shares of these two give. */
async function rootOf(...holders: readonly PartyName[]): Promise<RootKey> {
  const shares = await Promise.all(holders.map((name) => shareOf(room.shared, room.parties[name])))
  return memoryRootKey('shares', (await combineShares(shares, shares.length, () => true)).secret)
}

/** `table.column` of everything in the store that a root key unwraps, with how often. */
async function openedBy(root: RootKey): Promise<Readonly<Record<string, number>>> {
  const { db } = room.shared.service.site.store
  const columns = await sql<{ place: string; table: string; column: string }>`
    select t.name || '.' || c.name as place, t.name as "table", c.name as "column"
    from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table' and c.type = 'BLOB'`.execute(db)
  const counts: Record<string, number> = {}
  for (const { place, table, column } of columns.rows) {
    const rows = await sql<{ value: Uint8Array | null }>`select ${sql.ref(column)} as value from ${sql.table(table)}`.execute(db)
    for (const { value } of rows.rows) {
      if (value === null || (await root.unwrap(value).catch(() => undefined)) === undefined) continue
      counts[place] = (counts[place] ?? 0) + 1
    }
  }
  return counts
}

test('other holders and another threshold: after it the old shares open nothing, and the new ones all of it', async () => {
  const agreement = await agreeAndImport(room)
  const { publicKeysJson } = room.shared.vault.identity
  await room.restartShared({ rootKey: threeOthers() })
  // The store knows who unseals it until then.
  await unsealBy(room, 'air', 'bird')
  const { root, store } = room.shared.vault
  const [wrapped_key, some] = [await createWrappingKey(root, { v: 'a test' }), new Uint8Array(1)]
  const importKey = { version: 1, statement: some, wrapped_key, sealed: some }
  await store.db.insertInto('import_keys').values(importKey).execute()
  const authority = {
    id: 'one',
    certificate: some,
    wrapped_key: await createWrappingKey(root, { v: 'another' }),
    sealed: some,
    not_after: 0,
  }
  await store.db.insertInto('workload_authorities').values(authority).execute()
  const old = await rootOf('air', 'bird')
  const before = await openedBy(old)
  // A column that is new in the list wants a row here too.
  expect(Object.keys(before).sort()).toEqual(wrappedByRoot.map(({ table, column }) => `${table}.${column}`).sort())
  const oldBytes = await room.shared.vault.store.db.selectFrom('wrapping_keys').select('wrapped').execute()

  expect(await reshare()).toMatchObject({ rootKey: 'shares', need: 3, holders: 3 })
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  expect(await openedBy(old)).toEqual({})
  expect(await openedBy(await rootOf('bird', 'officer', 'stranger'))).toEqual(before)
  await store.db.deleteFrom('import_keys').execute()
  await store.db.deleteFrom('workload_authorities').execute()
  for (const suffix of ['', '-wal']) {
    const bytes = await readFile(join(room.folder, 'shared', `keys.sqlite${suffix}`))
    for (const { wrapped } of oldBytes) expect(bytes.includes(Buffer.from(wrapped))).toBe(false)
  }

  await sealAsAdministrator(room)
  expect(await refusalOf(unsealBy(room, 'air'))).toBe('not-found')
  await unsealBy(room, 'bird', 'officer')
  expect(room.shared.service.isSealed()).toBe(true)
  await unsealBy(room, 'stranger')
  expect(room.shared.vault.identity.publicKeysJson).toEqual(publicKeysJson)
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
})

test('a backup from before does not open with shares from after', async () => {
  await agreeAndImport(room)
  const { db } = room.shared.service.site.store
  const backup = join(room.folder, 'backup.sqlite')
  await sql`vacuum into ${backup}`.execute(db)
  await reshare()
  const fresh = await rootOf('air', 'bird')
  const { openKeysStore } = await import('../store.ts')
  const old = await openKeysStore(backup)
  let tried = 0
  for (const { table, column } of wrappedByRoot) {
    const rows = await sql<{ value: Uint8Array }>`select ${sql.ref(column)} as value from ${sql.table(table)}`.execute(old.db)
    tried += rows.rows.length
    for (const { value } of rows.rows) expect(await refusalOf(fresh.unwrap(value))).toBe('decryption-failed')
  }
  expect(tried).toBe(3)
  const { commitment } = await old.db
    .selectFrom('unseal_shares')
    .selectAll()
    .where('holder', '=', room.parties.air.signing.ed25519.x)
    .executeTakeFirstOrThrow()
  const { isCommittedShare } = await import('../root-key/shares/share-commitment.ts')
  const share = await shareOf(room.shared, room.parties.air)
  expect(isCommittedShare(share, commitment, 'shared', room.parties.air.signing.ed25519.x)).toBe(false)
  await old.close()
})

test('when one row cannot be wrapped anew, everything stays as it was', async () => {
  const agreement = await agreeAndImport(room)
  await room.restartShared({ rootKey: threeOthers() })
  await unsealBy(room, 'air', 'bird')
  const { db } = room.shared.vault.store
  const last = await db.selectFrom('wrapping_keys').selectAll().orderBy('slot', 'desc').limit(1).executeTakeFirstOrThrow()
  const write = (wrapped: Uint8Array) =>
    db.updateTable('wrapping_keys').set({ wrapped }).where('contract_id', '=', last.contract_id).where('slot', '=', last.slot)
  await write(randomBytes(72)).execute()
  expect(await refusalOf(reshare())).toBe('decryption-failed')
  await write(last.wrapped).execute()
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  await sealAsAdministrator(room)
  await unsealBy(room, 'bird', 'officer')
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
})

test('it waits for what is in flight, and what comes meanwhile waits for it', async () => {
  const { service } = room.shared
  const gate = Promise.withResolvers<void>()
  const { root } = service.opened()
  const early = service.use(async (vault) => {
    await gate.promise
    return vault.root.wrap(new Uint8Array(32))
  })
  let over = false
  const done = reshare().then(() => {
    over = true
  })
  await sleep(200)
  expect(over).toBe(false)
  const late = service.use(async (vault) => vault.root)
  gate.resolve()
  await early
  await done
  const { root: now } = service.opened()
  expect(now).not.toBe(root)
  expect(await late).toBe(now)
  expect(await refusalOf(root.wrap(new Uint8Array(32)))).toBe('sealed')
})

describe('from one kind of root key to another', () => {
  test('a file gives way to shares, and the store is not opened with the file any more', async () => {
    const path = join(room.folder, 'former.root-key')
    const former = { kind: 'file', path } as const
    // Back to a file first, so that the store is under one.
    await room.restartShared({ rootKey: former, formerRootKey: twoOfThreeConfig() })
    await unsealBy(room, 'air', 'bird')
    expect(await reshare()).toMatchObject({ rootKey: 'file', need: 0, holders: 0 })
    expect(await refusalOf(administer())).toBe('conflict')
    const agreement = await agreeAndImport(room)
    expect(await refusalOf(room.shared.asOf(SealService, room.parties.air).getUnsealShare({}))).toBe('not-found')

    await room.restartShared({ rootKey: twoOfThreeConfig(), formerRootKey: former })
    expect(room.shared.service.isSealed()).toBe(false)
    expect(await administer()).toMatchObject({ rootKey: 'shares', need: 2, holders: 3 })
    await room.restartShared({ formerRootKey: undefined })
    expect(room.shared.service.isSealed()).toBe(true)
    await unsealBy(room, 'air', 'officer')
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')

    const { wrapped } = await room.shared.vault.store.db.selectFrom('wrapping_keys').selectAll().executeTakeFirstOrThrow()
    const fileKey = memoryRootKey('file', await readFile(path))
    expect(await refusalOf(fileKey.unwrap(wrapped))).toBe('decryption-failed')
  })

  test('a store whose root key the configuration does not name is not opened, and nothing is made anew', async () => {
    const path = join(room.folder, 'other.root-key')
    expect(await refusalOf(room.restartShared({ rootKey: { kind: 'file', path } }))).toBe('conflict')
    await room.restartShared({ rootKey: twoOfThreeConfig() })
    await unsealBy(room, 'air', 'bird')
    expect(room.shared.service.isSealed()).toBe(false)
  })

  const twoOfThreeConfig = () => ({
    kind: 'shares' as const,
    threshold: 2,
    holders: [file('air'), file('bird'), file('officer')],
  })
})

test('a share of another sharing is refused, though its holder is right', async () => {
  const before = await shareOf(room.shared, room.parties.air)
  await reshare()
  await sealAsAdministrator(room)
  expect(await refusalOf(contribute(room.shared, room.parties.air, before))).toBe('share-invalid')
})

test('a first start that ended before the service had keys leaves shares that count for nothing', async () => {
  const { db } = room.shared.service.site.store
  const before = await db.selectFrom('unseal_shares').selectAll().execute()
  await db.deleteFrom('identity').execute()
  await room.restartShared()
  expect(room.shared.service.isSealed()).toBe(false)
  const after = await room.shared.vault.store.db.selectFrom('unseal_shares').selectAll().execute()
  expect(after.map(({ holder }) => holder)).toEqual(before.map(({ holder }) => holder))
  for (const [index, { commitment }] of after.entries()) expect(commitment).not.toEqual(before[index]?.commitment)
  await sealAsAdministrator(room)
  await unsealBy(room, 'air', 'bird')
  expect(room.shared.service.isSealed()).toBe(false)
})
