import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@reinraum/kit'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueNonce, maximumNonces } from './nonces.ts'
import { type KeysDatabase, openKeysStore } from './store.ts'

const run = `sha256:${'0'.repeat(64)}`
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
    for (let i = 0; i < 3; i += 1) issued.push(Buffer.from((await issueNonce(trx, run, now)).nonce).toString('hex'))
    const rows = Array.from({ length: maximumNonces - 3 }, (_, i) => ({
      nonce: `${i}`,
      run_id: run,
      issued_at: now.getTime(),
      used_at: null,
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
  expect(await refusalOf(() => store.transaction((trx) => issueNonce(trx, run, now)))).toBe('resource-exhausted')
  expect((await store.transaction((trx) => issueNonce(trx, run, later))).nonce).toHaveLength(32)
})
