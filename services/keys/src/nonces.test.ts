import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64url } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { consumeNonce, identityPurpose, issueNonce, maximumNonces, nonceLifetimeMs, runPurpose } from './nonces.ts'
import { quotasSchema } from './quotas.ts'
import { type KeysDatabase, openKeysStore } from './store.ts'

const id = `sha256:${'0'.repeat(64)}`
const run = runPurpose(id)
const quotas = quotasSchema.parse(undefined)
let folder: string
let store: Store<KeysDatabase>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-nonces-'))
  store = await openKeysStore(join(folder, 'keys.sqlite'))
})
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

test('nonces differ, and only so many are kept at a time; old ones make room', async () => {
  const now = new Date()
  const later = new Date(now.getTime() + 3600_000)
  const nonces = await store.transaction(async (trx) => {
    const issued: string[] = []
    for (let i = 0; i < 3; i += 1) issued.push(Buffer.from((await issueNonce({ quotas }, trx, run, now)).nonce).toString('hex'))
    const rows = Array.from({ length: maximumNonces - 3 }, (_, i) => ({
      nonce: `${i}`,
      purpose: run,
      issued_at: now.getTime(),
      used_at: now.getTime(),
    }))
    for (let i = 0; i < rows.length; i += 5000)
      await trx
        .insertInto('nonces')
        .values(rows.slice(i, i + 5000))
        .execute()
    return issued
  })
  expect(new Set(nonces).size).toBe(3)
  expect(nonces[0]).toHaveLength(64)
  expect(await refusalOf(() => store.transaction((trx) => issueNonce({ quotas }, trx, run, now)))).toBe('resource-exhausted')
  expect((await store.transaction((trx) => issueNonce({ quotas }, trx, run, later))).nonce).toHaveLength(32)
})

describe('quotas of nonces', () => {
  const issue = (purpose = run, at = new Date(), changed: Partial<typeof quotas> = {}) =>
    store.transaction((trx) => issueNonce({ quotas: { ...quotas, ...changed } }, trx, purpose, at))
  const use = ({ nonce }: { readonly nonce: Uint8Array }, purpose = run, at = new Date()) =>
    refusalOf(() => store.transaction((trx) => consumeNonce(trx, toBase64url(nonce), purpose, at)))
  beforeEach(() => store.db.deleteFrom('nonces').execute())

  test('one run holds so many unused ones, which take nothing from any other run', async () => {
    const now = new Date()
    const issued: { readonly nonce: Uint8Array }[] = []
    for (let i = 0; i < quotas.noncesPerPurpose; i += 1) issued.push(await issue(run, now))
    expect(await refusalOf(() => issue(run, now))).toBe('resource-exhausted')
    expect((await issue(runPurpose(`sha256:${'1'.repeat(64)}`), now)).nonce).toHaveLength(32)
    // Using one makes room for one, and so does time.
    await store.transaction((trx) => consumeNonce(trx, toBase64url(issued[0]?.nonce ?? new Uint8Array()), run, now))
    await issue(run, now)
    expect(await refusalOf(() => issue(run, now))).toBe('resource-exhausted')
    await issue(run, new Date(now.getTime() + nonceLifetimeMs))
  })

  test('those for identities are bounded in all, used or not, and leave the rest to runs', async () => {
    const now = new Date()
    const contract = (i: number) => identityPurpose(`sha256:${`${i}`.repeat(64)}`)
    for (let i = 0; i < 3; i += 1) await issue(contract(i), now, { identityNonces: 3 })
    expect(await refusalOf(() => issue(contract(4), now, { identityNonces: 3 }))).toBe('resource-exhausted')
    expect((await issue(run, now, { identityNonces: 3 })).nonce).toHaveLength(32)
  })

  test('a nonce for one purpose is unknown for the other, of the same id too, and is used up by the attempt', async () => {
    expect(await use(await issue(identityPurpose(id)), run)).toBe('nonce-unknown')
    expect(await use(await issue(run), identityPurpose(id))).toBe('nonce-unknown')
    const nonce = await issue(run)
    expect(await use(nonce, identityPurpose(id))).toBe('nonce-unknown')
  })
})
