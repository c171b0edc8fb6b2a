import { chmod, copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes, toHex } from '@reinraum/crypto'
import { createLog } from '@reinraum/kit'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { closeKeyService, openKeyService } from './service.ts'
import type { KeysDatabase } from './store.ts'
import { type Agreement, agreeAndImport, type Dataset, importDataset, sealDataset } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type Room, startRoom } from './testing/room.ts'

let room: Room
let agreement: Agreement & { readonly datasets: readonly Dataset[] }

beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

describe('a store that somebody has written to', () => {
  beforeEach(async () => {
    agreement = await agreeAndImport(room)
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  })

  const db = () => room.shared.vault.store.db
  const keyRow = (slot: string) =>
    db()
      .selectFrom('data_keys')
      .selectAll()
      .where('contract_id', '=', agreement.id)
      .where('slot', '=', slot)
      .executeTakeFirstOrThrow()
  const write = (slot: string, change: Partial<KeysDatabase['data_keys']>) =>
    db().updateTable('data_keys').set(change).where('contract_id', '=', agreement.id).where('slot', '=', slot).execute()
  const outcome = async () => outcomeOf(agreement, room.shared, await bundleOf(agreement))

  test('releases nothing when the sealed keys of two rows were exchanged', async () => {
    const [strikes, weather] = [await keyRow('strikes'), await keyRow('weather')]
    await write('strikes', { sealed: weather.sealed })
    await write('weather', { sealed: strikes.sealed })
    expect(await outcome()).toBe('decryption-failed')
  })

  test('releases nothing when the key of another version of the same slot was put in its place', async () => {
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    await importDataset(agreement, second)
    const rows = db().selectFrom('data_keys').selectAll().where('contract_id', '=', agreement.id).where('slot', '=', 'strikes')
    const [a, b] = await rows.execute()
    for (const [row, other] of [
      [a, b],
      [b, a],
    ]) {
      const named = db()
        .updateTable('data_keys')
        .where('contract_id', '=', agreement.id)
        .where('manifest_id', '=', row?.manifest_id as string)
      await named.set({ sealed: other?.sealed as Uint8Array }).execute()
    }
    expect(await outcome()).toBe('decryption-failed')
  })

  test('releases nothing when a row was made to speak of another contract', async () => {
    const other = await agreeAndImport(room)
    const theirs = db().selectFrom('data_keys').selectAll().where('contract_id', '=', other.id).where('slot', '=', 'strikes')
    await write('strikes', { sealed: (await theirs.executeTakeFirstOrThrow()).sealed })
    expect(await outcome()).toBe('decryption-failed')
  })

  test('releases nothing when the wrapping keys of two slots were exchanged', async () => {
    const rows = await db().selectFrom('wrapping_keys').selectAll().where('contract_id', '=', agreement.id).execute()
    for (const [i, row] of rows.entries()) {
      const named = db().updateTable('wrapping_keys').where('contract_id', '=', agreement.id).where('slot', '=', row.slot)
      await named.set({ wrapped: rows[1 - i]?.wrapped as Uint8Array }).execute()
    }
    expect(await outcome()).toBe('key-mismatch')
    // Nor is a new key sealed under the wrong one.
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    expect(await refusalOf(() => importDataset(agreement, second))).toBe('key-mismatch')
  })

  test.each(['owner', 'key_id'] as const)('releases nothing when the %s of a key was changed', async (column) => {
    await write('weather', { [column]: column === 'owner' ? 'air' : 'A'.repeat(22) })
    expect(await outcome()).toBe('key-mismatch')
  })

  test('releases nothing when a bit of a sealed key was flipped', async () => {
    const { sealed } = await keyRow('strikes')
    sealed[20] = (sealed[20] ?? 0) ^ 1
    await write('strikes', { sealed })
    expect(await outcome()).toBe('decryption-failed')
  })

  test('releases nothing when a contract stands in the row of another', async () => {
    const other = await agreeAndImport(room)
    await db().updateTable('contracts').set({ statement: other.statement }).where('id', '=', agreement.id).execute()
    expect(await outcome()).toBe('contract-mismatch')
  })
})

test('what lies on disk holds no data key, no private key of the service, and the log neither', async () => {
  agreement = await agreeAndImport(room)
  await outcomeOf(agreement, room.shared, await bundleOf(agreement))
  await outcomeOf(agreement, room.shared, await bundleOf(agreement, { approval: () => undefined }))
  const secrets = [...agreement.datasets.map(({ dataKey }) => dataKey), room.shared.vault.identity.hpkePrivateKey]
  const files = (await readdir(room.folder, { recursive: true })).map((name) => join(room.folder, name))
  let searched = 0
  for (const file of files) {
    if (!(await stat(file)).isFile() || file.endsWith('root-key')) continue
    const content = await readFile(file)
    searched += 1
    for (const secret of secrets) {
      const forms = [
        Buffer.from(secret),
        toHex(secret),
        Buffer.from(secret).toString('base64url'),
        Buffer.from(secret).toString('base64'),
      ]
      for (const form of forms) expect(content.includes(form)).toBe(false)
    }
  }
  expect(searched).toBeGreaterThan(4)
})

describe('a key service that starts again', () => {
  let before: unknown
  beforeAll(async () => {
    before = room.shared.vault.identity.publicKeys
    await room.shared.stop()
  })
  const rootKeyFile = () => (room.shared.config.rootKey as { path: string }).path
  const open = (path = rootKeyFile(), data = room.shared.config.data) =>
    openKeyService(
      { ...room.shared.config, rootKey: { kind: 'file', path } },
      { log: createLog({ level: 'error' }), tls: room.authority.issue('127.0.0.1'), dataPath: (name) => join(data, name) },
      room.clock,
    )
  const copies = async () => {
    const folder = join(room.folder, toHex(randomBytes(8)))
    const rootKey = `${folder}.root-key`
    await copyFile(rootKeyFile(), rootKey)
    return { rootKey, folder }
  }

  test('has the same keys', async () => {
    const service = await open()
    expect(service.opened().identity.publicKeys).toEqual(before)
    await closeKeyService(service)
  })

  test('does not start without its root key, and never makes a new one in its place', async () => {
    const { rootKey } = await copies()
    await rm(rootKey)
    expect(await refusalOf(() => open(rootKey))).toBe('not-found')
    expect(await refusalOf(() => open(rootKey))).toBe('not-found')
  })

  test('does not start with another root key', async () => {
    const { rootKey } = await copies()
    await writeFile(rootKey, randomBytes(32))
    expect(await refusalOf(() => open(rootKey))).toBe('decryption-failed')
  })

  test('does not start with a root key that others may read, or that is no key', async () => {
    const { rootKey } = await copies()
    expect((await stat(rootKeyFile())).mode & 0o777).toBe(0o600)
    await chmod(rootKey, 0o640)
    expect(await refusalOf(() => open(rootKey))).toBe('permission-denied')
    await chmod(rootKey, 0o600)
    await writeFile(rootKey, randomBytes(31))
    expect(await refusalOf(() => open(rootKey))).toBe('invalid-argument')
  })
})
