import {
  createSimulatedPlatform,
  executorChallengeBinding,
  type FreshnessNumbers,
  keyServiceBinding,
  raiseFloors,
  reportDataOf,
  simulatedAttester,
} from '@reinraum/attestation'
import { canonicalBytes, ReinraumError, toBase64url } from '@reinraum/crypto'
import { Custody } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import { createIdentity, type PublicKeys, publicKeysOf, type VerifiedContract } from '@reinraum/statements'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyExecutor } from './executors.ts'
import type { FloorsKeeper } from './floors.ts'
import { verifyKeyService } from './key-services.ts'
import type { Session } from './session.ts'
import { contractOf } from './testing/contract.ts'

const measurement = 'cd'.repeat(48)
const platform = await createSimulatedPlatform({ modulusLength: 2048 })
let keys: PublicKeys
let contract: VerifiedContract
beforeAll(async () => {
  const [air, service] = await Promise.all([createIdentity(), createIdentity()])
  keys = publicKeysOf(service)
  const root = { product: platform.product, sha256: platform.arkSha256, simulated: true }
  const base = contractOf(air, keys, service)
  const executors = { snp: { ...base.executors.snp, roots: [root], measurements: [measurement] } } as typeof base.executors
  const keyServices = [{ id: 'keys', custody: 'attested' as const, keys, referenceValues: executors }]
  contract = { id: `sha256:${'0'.repeat(64)}`, document: { ...base, executors, keyServices } } as unknown as VerifiedContract
})

const control = { rootKey: { kind: 'tee' }, configured: { kind: 'tee' }, ownKeys: 'older' as const, administrators: [] }

/** The far side of a session: an executor and a key service on a simulated platform, with a list of this number. */
function sessionWith(number: number, floors?: FloorsKeeper, code = measurement): Session {
  const extension = { oid: '2.5.29.20', critical: false, value: Uint8Array.of(2, 1, number) }
  const overrides = { crl: (c: object) => ({ ...c, extensions: [extension] }) as never }
  const attester = simulatedAttester(platform, { measurement: code, overrides })
  const evidenceFor = async (reportData: Uint8Array) => evidenceToMessage(await attester.getEvidence(reportData))
  return {
    now: () => new Date(),
    ...(floors === undefined ? {} : { floors }),
    governance: {
      async challengeExecutor({ contractId, nonce }: { contractId: string; nonce: Uint8Array }) {
        const binding = executorChallengeBinding({ contract: contractId, nonce: toBase64url(nonce) })
        return { evidence: await evidenceFor(reportDataOf(binding)) }
      },
    },
    keyService: (id: string) => ({
      async getServiceEvidence({ nonce }: { nonce: Uint8Array }) {
        const evidence = await evidenceFor(
          reportDataOf(keyServiceBinding({ nonce: toBase64url(nonce), publicKeys: keys, control })),
        )
        return {
          keyServiceId: id,
          custody: Custody.ATTESTED,
          publicKeys: canonicalBytes(keys),
          control: canonicalBytes(control),
          evidence,
        }
      },
    }),
  } as unknown as Session
}

function inMemory(): FloorsKeeper {
  let floors: FreshnessNumbers = {}
  return {
    read: async () => floors,
    raise: async (observed) => {
      floors = raiseFloors(floors, observed)
    },
  }
}
const numbersOf = async (floors: FloorsKeeper) => Object.values(await floors.read())

describe('a session that keeps floors', () => {
  it('refuses an executor whose list is older than one that it has seen', async () => {
    const floors = inMemory()
    expect(await verifyExecutor(sessionWith(5, floors), contract)).toMatchObject({ status: 'affirming' })
    expect(await numbersOf(floors)).toEqual(['5'])
    const older = await verifyExecutor(sessionWith(4, floors), contract)
    expect(older).toMatchObject({ status: 'contraindicated', reasons: ['crl-number-below-floor'] })
    expect(await verifyExecutor(sessionWith(6, floors), contract)).toMatchObject({ status: 'affirming' })
    expect(await numbersOf(floors)).toEqual(['6'])
  })

  it('refuses a key service likewise, wherever the newer list was seen', async () => {
    const floors = inMemory()
    await verifyExecutor(sessionWith(5, floors), contract)
    await expect(verifyKeyService(sessionWith(4, floors), contract, 'keys')).rejects.toMatchObject({
      code: 'evidence-contraindicated',
    })
    expect((await verifyKeyService(sessionWith(7, floors), contract, 'keys')).appraisal).toMatchObject({ status: 'affirming' })
    expect(await numbersOf(floors)).toEqual(['7'])
  })

  it('learns nothing from evidence that it refuses', async () => {
    const floors = inMemory()
    const session = sessionWith(50, floors, 'ee'.repeat(48))
    expect(await verifyExecutor(session, contract)).toMatchObject({ reasons: ['measurement-mismatch'] })
    await expect(verifyKeyService(session, contract, 'keys')).rejects.toMatchObject({ code: 'evidence-contraindicated' })
    expect(await floors.read()).toEqual({})
  })

  it('verifies nothing while its floors cannot be read or raised', async () => {
    const broken = async () => {
      throw new ReinraumError('unreadable-input', 'broken')
    }
    for (const floors of [
      { ...inMemory(), read: broken },
      { ...inMemory(), raise: broken },
    ]) {
      const session = sessionWith(5, floors)
      await expect(verifyExecutor(session, contract)).rejects.toMatchObject({ code: 'unreadable-input' })
      await expect(verifyKeyService(session, contract, 'keys')).rejects.toMatchObject({ code: 'unreadable-input' })
    }
  })
})

it('a session that keeps none takes an older list while it is in force', async () => {
  for (const number of [5, 4]) {
    expect(await verifyExecutor(sessionWith(number), contract)).toMatchObject({ status: 'affirming' })
    expect((await verifyKeyService(sessionWith(number), contract, 'keys')).appraisal).toMatchObject({ status: 'affirming' })
  }
})

it('refuses a key service in other hands than the contract says, and holds the contract against its evidence only', async () => {
  const holders = ['a', 'b'].map((letter) => letter.repeat(43))
  const [service] = contract.document.keyServices
  const keyServices = [{ ...service, unsealedBy: { threshold: 2, holders } }]
  const pinned = { ...contract, document: { ...contract.document, keyServices } } as unknown as VerifiedContract
  await expect(verifyKeyService(sessionWith(4), pinned, 'keys')).rejects.toMatchObject({ code: 'key-mismatch' })
  expect(await verifyKeyService(sessionWith(4), contract, 'keys')).toMatchObject({ control: { rootKey: { kind: 'tee' } } })
})
