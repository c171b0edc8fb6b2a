import { referenceValuesSchema } from '@reinraum/attestation'
import {
  type Contract,
  createIdentity,
  type Identity,
  type PublicKeys,
  publicKeysOf,
  signerOf,
  signStatement,
  type VerifiedContract,
  verifyContract,
} from '@reinraum/statements'
import { beforeAll, expect, it } from 'vitest'
import { memberOf } from './contracts.ts'

let me: Identity
let proposer: Identity
let keyService: Identity
beforeAll(async () => {
  ;[me, proposer, keyService] = await Promise.all([createIdentity(), createIdentity(), createIdentity()])
})

/** A contract that someone else proposes and signs, with these keys in the place of mine. */
async function proposed(mine: PublicKeys): Promise<VerifiedContract> {
  const executors = referenceValuesSchema.parse({
    snp: { roots: [{ product: 'Genoa', sha256: 'ab'.repeat(32), simulated: true }], measurements: ['cd'.repeat(48)] },
  })
  const contract: Contract = {
    kind: 'reinraum/contract/v1',
    name: 'Strikes',
    purpose: 'Tests',
    members: [
      { id: 'air', name: 'Air', roles: ['owner', 'analyst'], keys: publicKeysOf(proposer) },
      { id: 'bird', name: 'Bird', roles: ['reviewer', 'recipient'], keys: mine },
    ],
    slots: [
      {
        id: 'strikes',
        owner: 'air',
        keyService: 'keys',
        schema: { columns: [{ name: 'operator', type: 'VARCHAR' }] },
        rule: {
          version: 1,
          modes: ['template'],
          privacyUnit: { column: 'operator' },
          columns: { operator: { dimension: true } },
          output: { minimumGroupSize: 5, maxRows: 100 },
          approvals: { by: ['air'], threshold: 'all' },
        },
      },
    ],
    keyServices: [{ id: 'keys', custody: 'owner', operator: 'air', keys: publicKeysOf(keyService) }],
    executors,
    results: { recipients: ['bird'], reviewers: [{ member: 'bird', mode: 'approve' }] },
    validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
    nonce: 'A'.repeat(43),
  }
  const now = new Date('2026-06-01T00:00:00.000Z')
  return verifyContract(await signStatement(contract, signerOf(proposer)), { now, complete: false })
}

it('a party is the member that the contract names with its keys', async () => {
  const keys = publicKeysOf(me)
  expect(memberOf({ keys }, await proposed(keys)).id).toBe('bird')
})

it('a contract that seals my results and reviews to a key which is not mine is not mine to sign', async () => {
  const keys = publicKeysOf(me)
  const stranger = publicKeysOf(await createIdentity())
  const contract = await proposed({ ...keys, hpke: stranger.hpke })
  expect(() => memberOf({ keys }, contract)).toThrow(expect.objectContaining({ code: 'key-mismatch' }))
})
