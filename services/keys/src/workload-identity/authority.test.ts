import { generateKeyPairSync, type X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { signWorkloadAuthority } from '@reinraum/pki'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Agreement, agreeAndImport } from '../testing/agreement.ts'
import { type Room, startRoom } from '../testing/room.ts'
import { createWorkload, identitiesOf, identityRequest, obtainIdentity, trustBundleOf } from '../testing/workload.ts'
import {
  authorityLifetimeMs,
  bundleLifetimeMs,
  issuingAuthority,
  successorMs,
  trustedAuthorities,
  withAuthorityKey,
} from './authority.ts'

const hour = 3600_000
let room: Room
let agreement: Agreement

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
})
afterAll(() => room.stop())
beforeEach(() => db().deleteFrom('workload_authorities').execute())

const db = () => room.shared.vault.store.db
const rows = () => db().selectFrom('workload_authorities').selectAll().execute()

/** Which authorities are trusted at a time, and which of them issues. */
async function at(time: number) {
  const { vault } = room.shared
  const now = new Date(time)
  const trusted = await vault.store.transaction((trx) => trustedAuthorities(vault, trx, now))
  return { trusted: trusted.map(({ id }) => id), issuer: issuingAuthority(trusted, now, hour)?.id }
}

describe('the authority of a key service', () => {
  test('is made at first need, once, and lives on in the store', async () => {
    const [first] = await trustBundleOf(agreement, room.shared)
    const { certificate } = await obtainIdentity(agreement, room.shared)
    expect(certificate.checkIssued(first as X509Certificate)).toBe(true)
    await room.restartShared()
    expect((await trustBundleOf(agreement, room.shared)).map(({ fingerprint256 }) => fingerprint256)).toEqual([
      first?.fingerprint256,
    ])
    expect(await rows()).toHaveLength(1)
  })

  test('has its private key in no file of the store', async () => {
    const { vault } = room.shared
    const { trusted } = await at(Date.now())
    const [row] = await rows()
    const key = await vault.store.transaction((trx) =>
      withAuthorityKey(vault, trx, { id: trusted[0] as string, der: row?.certificate as Uint8Array }, (opened) =>
        Buffer.from(String(opened.export({ format: 'jwk' }).d), 'base64url'),
      ),
    )
    expect(key).toHaveLength(32)
    for (const file of ['keys.sqlite', 'keys.sqlite-wal']) {
      const bytes = await readFile(join(room.folder, 'shared', file)).catch(() => Buffer.alloc(0))
      expect(bytes.includes(key)).toBe(false)
      expect(bytes.includes(key.toString('base64url'))).toBe(false)
    }
  })

  test('is followed by another before it ends; both are trusted, and the new one issues when everybody can know it', async () => {
    const start = Date.now()
    const { trusted: first, issuer } = await at(start)
    expect(issuer).toBe(first[0])
    const early = start + authorityLifetimeMs - successorMs - hour
    expect(await at(early)).toEqual({ trusted: first, issuer })

    const due = start + authorityLifetimeMs - successorMs + hour
    const both = await at(due)
    expect(both.trusted).toHaveLength(2)
    expect(both.trusted[0]).toBe(first[0])
    expect(both.issuer).toBe(issuer)
    expect((await at(due + bundleLifetimeMs - hour)).issuer).toBe(issuer)
    const later = await at(due + bundleLifetimeMs + hour)
    expect(later).toEqual({ trusted: both.trusted, issuer: both.trusted[1] })

    // The first stays trusted until it ends, long after the last identity that it issued.
    expect((await at(start + authorityLifetimeMs - hour)).trusted).toEqual(both.trusted)
    expect((await at(start + authorityLifetimeMs + hour)).trusted).toEqual([both.trusted[1]])
  })

  test('that ended while nobody asked is followed by one that issues at once', async () => {
    const { trusted: old } = await at(Date.now())
    const { trusted, issuer } = await at(Date.now() + 2 * authorityLifetimeMs)
    expect(trusted).toHaveLength(1)
    expect(trusted).not.toEqual(old)
    expect(issuer).toBe(trusted[0])
    expect(await rows()).toHaveLength(1)
  })
})

describe('a store that somebody has written to', () => {
  const askForIdentity = async () => {
    const request = await identityRequest(agreement, room.shared, await createWorkload())
    return refusalOf(() => identitiesOf(room.shared).issueIdentity(request))
  }
  const askForBundle = () => refusalOf(() => identitiesOf(room.shared).getTrustBundle({}))

  test('makes nobody trust an authority that this service did not make', async () => {
    await trustBundleOf(agreement, room.shared)
    const [own] = await rows()
    const { privateKey } = generateKeyPairSync('ed25519')
    const validity = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + 24 * hour) }
    const options = { name: 'Reinraum key service shared', trustDomain: 'reinraum', privateKey, validity }
    const certificate = signWorkloadAuthority(options)
    // The best that an attacker has is a key that this service did wrap, for a certificate of its own.
    await db()
      .insertInto('workload_authorities')
      .values({ ...(own as NonNullable<typeof own>), id: 'forged', certificate })
      .execute()
    expect(await askForBundle()).toBe('key-mismatch')
    expect(await askForIdentity()).toBe('key-mismatch')
  })

  test('issues nothing with keys of two authorities exchanged', async () => {
    const start = Date.now()
    await at(start)
    await at(start + authorityLifetimeMs - successorMs + hour)
    const [one, two] = await rows()
    const put = (id: unknown, sealed: unknown) =>
      db()
        .updateTable('workload_authorities')
        .where('id', '=', id as string)
        .set({ sealed: sealed as Uint8Array })
        .execute()
    await put(one?.id, two?.sealed)
    await put(two?.id, one?.sealed)
    expect(await askForIdentity()).toBe('decryption-failed')
  })
})
