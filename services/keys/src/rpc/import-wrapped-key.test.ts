import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalBytes, fromBase64url, parseStrictJson, randomBytes, rsaAesWrap, toBase64url, utf8 } from '@reinraum/crypto'
import { KeyImportService } from '@reinraum/proto'
import { publicKeysOf, verifyContract, verifyImportKey } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importKeyLifetime, useImportKey } from '../imports/import-keys.ts'
import { type Agreement, agree, type Dataset, sealDataset } from '../testing/agreement.ts'
import { bundleOf, openReleased, requestOf } from '../testing/attempt.ts'
import { type PartyName, type Room, startKeyService, startRoom } from '../testing/room.ts'

let room: Room
let agreement: Agreement
let strikes: Dataset

beforeAll(async () => {
  room = await startRoom()
  agreement = await agree(room, (c) => ({
    ...c,
    slots: c.slots.map((slot) =>
      slot.id === 'weather' ? { ...slot, keyService: { threshold: 2, services: ['shared', 'airs'] } } : slot,
    ),
  }))
  strikes = await sealDataset(agreement, 'strikes')
})
afterAll(() => room.stop())

const hsm = (party: PartyName = 'bird') => room.shared.asOf(KeyImportService, room.parties[party])

/** As an owner does before its HSM wraps anything. */
async function importKey() {
  const now = new Date(room.clock.now().getTime() - 60_000) // an owner's clock that is behind
  const contract = await verifyContract(agreement.statement, { now })
  const { importKey: statement } = await hsm().getImportKey({})
  const { document } = await verifyImportKey(statement, contract, { keyService: 'shared', now })
  return { version: document.version, publicKey: fromBase64url(document.publicKey), statement }
}

async function wrapped(key: Uint8Array): Promise<{ version: number; wrappedKey: Uint8Array }> {
  const { version, publicKey } = await importKey()
  return { version, wrappedKey: await rsaAesWrap(publicKey, key) }
}

const hand = (request: { version: number; wrappedKey: Uint8Array }, dataset = strikes, as: PartyName = dataset.owner) =>
  hsm(as).importWrappedKey({ contract: agreement.statement, manifest: dataset.manifest, ...request })

describe('a data key that an HSM wrapped', () => {
  test('is taken from the owner of its slot, once', async () => {
    expect(await hand(await wrapped(strikes.dataKey))).toMatchObject({ keyId: strikes.document.key, created: true })
    expect(await hand(await wrapped(strikes.dataKey))).toMatchObject({ keyId: strikes.document.key, created: false })
  })

  test('is released as any other', async () => {
    const alone = await agree(room, (c) => ({ ...c, slots: c.slots.filter(({ id }) => id === 'strikes') }))
    const dataset = await sealDataset(alone, 'strikes')
    const { contract, manifest } = { contract: alone.statement, manifest: dataset.manifest }
    await hsm().importWrappedKey({ contract, manifest, ...(await wrapped(dataset.dataKey)) })
    const imported = { ...alone, datasets: [dataset] }
    const attempt = await requestOf(imported, room.shared, await bundleOf(imported))
    const { outcome } = await room.shared.from('executor').releaseKeys(attempt.request)
    const keys = outcome.case === 'released' ? outcome.value.keys : []
    expect(await Promise.all(keys.map((key) => openReleased(attempt, key)))).toEqual([dataset.dataKey])
  })

  test('is the one that the manifest commits to, or is refused', async () => {
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    expect(await refusalOf(async () => hand(await wrapped(randomBytes(32)), second))).toBe('key-mismatch')
    expect(await refusalOf(async () => hand(await wrapped(strikes.dataKey), second))).toBe('key-mismatch')
  })

  test('opens whole or not at all, and nothing says what was wrong with it', async () => {
    const good = await wrapped(strikes.dataKey)
    const changed = (at: number) => good.wrappedKey.with(at, (good.wrappedKey[at] ?? 0) ^ 1)
    const spoilt = [
      changed(0),
      changed(300),
      changed(512),
      changed(551),
      good.wrappedKey.subarray(0, 511),
      good.wrappedKey.subarray(512),
    ]
    const { publicKey, version } = await importKey()
    for (const length of [1, 16, 31, 33, 64]) spoilt.push(await rsaAesWrap(publicKey, randomBytes(length)))
    const answers = new Set<string>()
    for (const wrappedKey of spoilt) {
      await hand({ version, wrappedKey }).catch((error: { code: string; message: string }) =>
        answers.add(`${error.code}: ${error.message}`),
      )
    }
    expect([...answers]).toEqual(['decryption-failed: the wrapped key does not open'])
  })

  test('is refused from anyone but the owner of its slot, and where the slot is another key service’s', async () => {
    const request = await wrapped(strikes.dataKey)
    expect(await refusalOf(() => hand(request, strikes, 'air'))).toBe('permission-denied')
    expect(await refusalOf(() => hand(request, strikes, 'stranger'))).toBe('permission-denied')
    const flights = await sealDataset(agreement, 'flights')
    expect(await refusalOf(async () => hand(await wrapped(flights.dataKey), flights))).toBe('key-mismatch')
  })

  test('is a whole key: a share of one comes by HPKE', async () => {
    const weather = await sealDataset(agreement, 'weather')
    expect(await refusalOf(async () => hand(await wrapped(randomBytes(33)), weather))).toBe('unsupported')
    expect(await refusalOf(async () => hand(await wrapped(weather.dataKey), weather))).toBe('unsupported')
  })
})

describe('an import key', () => {
  const row = (version: number) =>
    room.shared.vault.store.db.selectFrom('import_keys').selectAll().where('version', '=', version).executeTakeFirstOrThrow()

  test('is made once for all who ask, given out for half of its life, and opens nothing after it', async () => {
    const first = await importKey()
    const early = { version: first.version, wrappedKey: await rsaAesWrap(first.publicKey, strikes.dataKey) }
    expect((await importKey()).statement).toEqual(first.statement)
    room.clock.move(importKeyLifetime / 2)
    const [a, b] = await Promise.all([hsm().getImportKey({}), hsm('air').getImportKey({})])
    expect(a).toEqual(b)
    room.clock.move(-importKeyLifetime / 2)
    expect(await hand(early)).toMatchObject({ keyId: strikes.document.key })

    room.clock.move(importKeyLifetime + 1)
    expect(await refusalOf(() => useImportKey(room.shared.vault, first.version, async () => undefined))).toBe('key-unknown')
    expect((await row(first.version)).sealed).not.toBeNull()
    await hsm().getImportKey({})
    expect(await row(first.version)).toMatchObject({ sealed: null, wrapped_key: null })
    room.clock.move(-importKeyLifetime - 1)
    expect(await refusalOf(() => hand(early))).toBe('key-unknown')
    expect(await refusalOf(() => hand({ ...early, version: 99 }))).toBe('key-unknown')
  })

  test('does not open when somebody wrote another life, another public key or another version to the store', async () => {
    const { db } = room.shared.vault.store
    const { version, statement, ...rest } = await row(2)
    const document = JSON.parse(
      Buffer.from((JSON.parse(Buffer.from(statement).toString()) as { payload: string }).payload, 'base64url').toString(),
    )
    document.validity.notAfter = '2099-01-01T00:00:00.000Z'
    const { signatures } = parseStrictJson(statement) as { signatures: object[] }
    const longer = canonicalBytes({ payload: toBase64url(utf8(JSON.stringify(document))), signatures } as never)
    const open = (of = version) => refusalOf(() => useImportKey(room.shared.vault, of, async () => undefined))
    await db.updateTable('import_keys').set({ statement: longer }).where('version', '=', version).execute()
    expect(await open()).toBe('key-mismatch')
    await db.updateTable('import_keys').set({ statement }).where('version', '=', version).execute()
    await db
      .insertInto('import_keys')
      .values({ version: 77, statement, ...rest })
      .execute()
    expect(await open(77)).toBe('key-mismatch')
    await db.deleteFrom('import_keys').where('version', '=', 77).execute()
    expect(await useImportKey(room.shared.vault, version, async (key) => key.length)).toBeGreaterThan(2000)
  })

  test('is replaced at once by an administrator, and by nobody else', async () => {
    const administrators = [join(room.folder, 'officer.json')]
    await writeFile(administrators[0] as string, JSON.stringify(publicKeysOf(room.parties.officer)))
    const own = { keyServiceId: 'kept', custody: 'owner' as const, operator: 'air', administrators }
    const kept = await startKeyService({ ...room, governance: '127.0.0.1:1', own })
    try {
      const as = (party: PartyName) => kept.asOf(KeyImportService, room.parties[party])
      const { importKey: first } = await as('air').getImportKey({})
      expect(await refusalOf(() => as('air').rotateImportKey({}))).toBe('permission-denied')
      const { importKey: second } = await as('officer').rotateImportKey({})
      expect(second).not.toEqual(first)
      expect((await as('air').getImportKey({})).importKey).toEqual(second)
      expect(await refusalOf(() => useImportKey(kept.vault, 1, async () => undefined))).toBe('key-unknown')
      expect(await useImportKey(kept.vault, 2, async (key) => key.length)).toBeGreaterThan(2000)
    } finally {
      await kept.stop()
    }
  })
})
