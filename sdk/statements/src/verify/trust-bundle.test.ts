import { toBase64url } from '@reinraum/crypto'
import { beforeAll, expect, test } from 'vitest'
import type { TrustBundle } from '../kinds/trust-bundle.ts'
import { maximumAuthorities } from '../kinds/trust-bundle.ts'
import { refusalOf } from '../testing/refusal.ts'
import { createParties, createRoom, during, now, type Parties, signAs } from '../testing/room.ts'
import type { VerifiedContract } from '../verified.ts'
import { verifyContract } from './contract.ts'
import { verifyTrustBundle } from './trust-bundle.ts'

let parties: Parties
let contract: VerifiedContract
const bundle: TrustBundle = {
  kind: 'reinraum/trust-bundle/v1',
  keyService: 'shared-keys',
  authorities: [toBase64url(new Uint8Array(300))],
  issuedAt: during.notBefore,
  refreshBy: during.notAfter,
}

beforeAll(async () => {
  parties = await createParties()
  contract = await verifyContract((await createRoom(parties)).bundle.contract, { now })
})

const signed = (change: Partial<TrustBundle> = {}, by = 'shared-keys') => signAs(parties, by, { ...bundle, ...change })
const refused = (change: Partial<TrustBundle>, by?: string, at = now) =>
  refusalOf(async () => verifyTrustBundle(await signed(change, by), contract, at))

test('a trust bundle is believed from the key service that the contract names', async () => {
  expect((await verifyTrustBundle(await signed(), contract, now)).document).toEqual(bundle)
})

test('a trust bundle is refused when anybody else signed it', async () => {
  expect(await refused({}, 'air-keys')).toBe('signature-missing')
  expect(await refused({}, 'stranger')).toBe('unknown-member')
  expect(await refused({ keyService: 'other-keys' })).toBe('unknown-member')
})

test('a trust bundle is refused from when it should have been fetched again, and not because a clock is behind', async () => {
  expect(await refused({}, undefined, new Date(Date.parse(bundle.refreshBy) + 1))).toBe('expired')
  const behind = new Date(Date.parse(bundle.issuedAt) - 1)
  expect((await verifyTrustBundle(await signed(), contract, behind)).document).toEqual(bundle)
})

test('a trust bundle is bounded, and holds nothing but certificates', async () => {
  const many = Array.from({ length: maximumAuthorities + 1 }, () => 'AA')
  expect(await refusalOf(() => signed({ authorities: many }))).toBe('invalid-statement')
  expect(await refusalOf(() => signed({ authorities: ['-----BEGIN CERTIFICATE-----'] }))).toBe('invalid-statement')
})
