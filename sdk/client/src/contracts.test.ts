import {
  createIdentity,
  type Identity,
  mergeSignatures,
  type PublicKeys,
  parseStatement,
  publicKeysOf,
  type Query,
  signerOf,
  signStatement,
  type VerifiedContract,
  verifyContract,
} from '@reinraum/statements'
import { beforeAll, expect, it } from 'vitest'
import { memberOf, proposeContract } from './contracts.ts'
import { approveQuery } from './queries.ts'
import type { Session } from './session.ts'
import { contractOf, now } from './testing/contract.ts'

let me: Identity
let proposer: Identity
let keyService: Identity
beforeAll(async () => {
  ;[me, proposer, keyService] = await Promise.all([createIdentity(), createIdentity(), createIdentity()])
})

/** A contract that someone else proposes and signs, with these keys in the place of mine. */
async function proposed(mine: PublicKeys): Promise<VerifiedContract> {
  const bytes = await signStatement(contractOf(proposer, mine, keyService), signerOf(proposer))
  return verifyContract(bytes, { now, complete: false })
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

it('what governance answers does not change the ids by which a party speaks of its own statements', async () => {
  const keys = publicKeysOf(me)
  const document = contractOf(proposer, keys, keyService)
  const copies = await Promise.all([proposer, me].map((party) => signStatement(document, signerOf(party))))
  const contract = await verifyContract(await mergeSignatures(...(copies as [Uint8Array, Uint8Array])), { now })
  const createdAt = now.toISOString()
  const query: Query = {
    ...{ kind: 'reinraum/query/v1', contract: contract.id, by: 'bird', title: 'Strikes', purpose: '', sql: 'SELECT 1' },
    ...{ parameters: [], slots: ['strikes'], createdAt },
  }
  const asked = await signStatement(query, signerOf(me))
  const sent: Uint8Array[] = []
  const governance = {
    proposeContract: async (request: { contract: Uint8Array }) => {
      sent.push(request.contract)
      return { contractId: lie, acceptedBy: [], inForce: false }
    },
    getQuery: async () => ({ query: asked, decisions: [] }),
    decideQuery: async (request: { decision: Uint8Array }) => {
      sent.push(request.decision)
      return { decisionId: lie }
    },
  }
  const lie = `sha256:${'0'.repeat(64)}`
  const session = { keys: publicKeysOf(proposer), signer: signerOf(proposer), governance, now: () => now } as unknown as Session
  const terms = { notAfter: '2026-07-01T00:00:00.000Z', maximumRuns: 1, versions: { strikes: [lie] } }
  const said = [
    (await proposeContract(session, document)).contractId,
    await approveQuery(session, contract, parseStatement(asked).id, terms),
  ]
  expect(said).toEqual(sent.map((statement) => parseStatement(statement).id))
})
