import { canonicalBytes, generateHpkeKeyPair } from '@reinraum/crypto'
import { createSigner, parseStatement, type Release, verifyContract, verifyRelease } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agreement, agreeAndImport, type Dataset } from '../testing/agreement.ts'
import { type Attempt, type Bundle, bundleOf, outcomeName, type ReleaseRequest, requestOf } from '../testing/attempt.ts'
import { type KeyServiceProcess, startKeyServiceProcess } from '../testing/key-service-process.ts'
import { type Room, startRoom } from '../testing/room.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

const hour = 3600_000
const strong = 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM'

let room: Room
let keyService: KeyServiceProcess
/** the same members agreed twice; the newer contract asks for another suite */
let older: Imported
let newer: Imported

beforeAll(async () => {
  room = await startRoom()
  keyService = await startKeyServiceProcess(room)
  older = await agreeAndImport(keyService.room)
  newer = await agreeAndImport(keyService.room, (contract) => ({
    ...contract,
    name: 'Bird strikes, again',
    releaseSuite: strong,
  }))
})
afterAll(async () => {
  await keyService.kill()
  await room.stop()
})

const executor = () => keyService.room.shared.from('executor')
const ask = (request: ReleaseRequest) => executor().releaseKeys(request)
const prepare = (bundle: Bundle, agreement = older): Promise<Attempt> =>
  requestOf(agreement, keyService.room.shared, bundle, agreement === newer ? { suite: strong } : {})

/** What of a run the store has on record. */
async function tracesOf(runId: string): Promise<unknown> {
  const of = (table: string) => `select * from ${table} where run_id = '${runId}'`
  return keyService.sql(of('debits'), of('released_keys'), of('leases'))
}

/**
 * Asks, and is denied: the denial is the last entry of the log that the contract's members read, signed by the key service, for
 * this reason; and nothing else changed for the run.
 */
async function denialOf(request: ReleaseRequest, agreement = older): Promise<string> {
  const { id: runId } = parseStatement(request.bundle?.run as Uint8Array)
  const before = await tracesOf(runId)
  const { outcome } = await ask(request)
  if (outcome.case !== 'denied') throw new Error(`the answer is ${outcome.case}`)
  expect(await tracesOf(runId)).toEqual(before)
  const contract = await verifyContract(agreement.statement, { now: new Date() })
  const { releases } = await keyService.room.shared.as(room.parties.bird).listReleases({ contractId: agreement.id })
  expect(Buffer.from(releases.at(-1) ?? []).equals(outcome.value.release)).toBe(true)
  const { document } = await verifyRelease(outcome.value.release, contract)
  expect(document).toMatchObject({ run: runId, outcome: { decision: 'denied', reason: outcome.value.reasonCode } })
  return outcome.value.reasonCode
}

describe('replayed:', () => {
  test('a request that was answered is not answered again', async () => {
    const { request } = await prepare(await bundleOf(older))
    expect(outcomeName(await ask(request))).toBe('released')
    expect(await denialOf(request)).toBe('nonce-used')
  })

  test('evidence that was good once is not good for a fresh nonce', async () => {
    const bundle = await bundleOf(older)
    const { request: old } = await prepare(bundle)
    expect(outcomeName(await ask(old))).toBe('released')
    const { nonces } = (await prepare(bundle)).request
    expect(await denialOf({ ...old, nonces } as ReleaseRequest)).toBe('report-data-mismatch')
  })
})

describe('swapped:', () => {
  test('evidence of another run, with the keys that it binds', async () => {
    const [mine, theirs] = [(await prepare(await bundleOf(older))).request, (await prepare(await bundleOf(older))).request]
    const { evidence, kemPublicKey, signingKeys } = theirs
    expect(await denialOf({ ...mine, ...{ evidence, kemPublicKey, signingKeys } } as ReleaseRequest)).toBe('report-data-mismatch')
    expect(outcomeName(await ask(theirs))).toBe('released')
  })

  test('the KEM key to which data keys are sealed', async () => {
    const { request } = await prepare(await bundleOf(older))
    const { publicKey } = await generateHpkeKeyPair()
    expect(await denialOf({ ...request, kemPublicKey: publicKey })).toBe('report-data-mismatch')
  })

  test('the keys with which the run signs its results', async () => {
    const { request } = await prepare(await bundleOf(older))
    const { keys } = await createSigner()
    expect(await denialOf({ ...request, signingKeys: canonicalBytes(keys) })).toBe('report-data-mismatch')
  })

  test('the nonce of another run of the same query', async () => {
    const [mine, theirs] = [(await prepare(await bundleOf(older))).request, (await prepare(await bundleOf(older))).request]
    expect(await denialOf({ ...mine, nonces: theirs.nonces } as ReleaseRequest)).toBe('nonce-unknown')
  })

  test('the approvals of another query', async () => {
    const other = await bundleOf(older)
    const bundle = await bundleOf(older, { bundle: (made) => ({ ...made, decisions: other.decisions }) })
    expect(await denialOf((await prepare(bundle)).request)).toBe('query-mismatch')
  })
})

describe('a contract between the same members', () => {
  test.each<[string, () => readonly [Imported, Imported]]>([
    ['older', () => [older, newer]],
    ['newer', () => [newer, older]],
  ])('that is %s gets no key that was imported under the other', async (_, pair) => {
    const [asked, imported] = pair()
    // The datasets of the other contract, under their own manifests.
    const taken = await bundleOf({ ...asked, datasets: imported.datasets })
    expect(await denialOf((await prepare(taken, asked)).request, asked)).toBe('contract-mismatch')
    // The run of this contract, with the other contract in its bundle.
    const mixed = await bundleOf(asked, { bundle: (made) => ({ ...made, contract: imported.statement }) })
    expect(await denialOf((await prepare(mixed, asked)).request, asked)).toBe('contract-mismatch')
  })

  test('is bound by the evidence: one made under the older says nothing under the newer', async () => {
    const mine = (await prepare(await bundleOf(newer), newer)).request
    const theirs = (await prepare(await bundleOf(older))).request
    const { evidence } = theirs
    expect(await denialOf({ ...mine, evidence } as ReleaseRequest, newer)).toBe('report-data-mismatch')
  })

  test('that asks for ML-KEM-1024 with P-384 gets nothing sealed with X-Wing', async () => {
    const { request } = await requestOf(newer, keyService.room.shared, await bundleOf(newer))
    expect(await denialOf(request, newer)).toBe('suite-unsupported')
    expect(outcomeName(await ask((await prepare(await bundleOf(newer), newer)).request))).toBe('released')
  })
})

describe('a machine whose clock is set', () => {
  test.each([hour, -hour])(
    'by %i ms between nonce and release gets no key, nor a lease between release and renewal',
    async (ms) => {
      const bundle = await bundleOf(older)
      const first = await prepare(bundle)
      const runId = bundle.runId
      await keyService.ask({ step: ms })
      expect(await denialOf(first.request)).toBe('clock-unsound')
      await keyService.ask({ step: -ms })
      expect(outcomeName(await ask((await prepare(bundle)).request))).toBe('released')
      await keyService.ask({ step: ms })
      expect((await executor().renewLease({ runId })).outcome).toEqual({ case: 'deniedReasonCode', value: 'clock-unsound' })
      await keyService.ask({ step: -ms })
      expect((await executor().renewLease({ runId })).outcome.case).toBe('leaseExpiresAt')
    },
  )
})

describe('late by the clock of the key service, whatever the clock of the others says:', () => {
  test('a nonce of two minutes, a lease of one, and a run that has ended', async () => {
    const [held, late] = [await bundleOf(older), await bundleOf(older)]
    expect(outcomeName(await ask((await prepare(held)).request))).toBe('released')
    const { request } = await prepare(late)
    await keyService.ask({ pass: 120_000 })
    expect(await denialOf(request)).toBe('nonce-expired')
    const { outcome } = await executor().renewLease({ runId: held.runId })
    expect(outcome).toEqual({ case: 'deniedReasonCode', value: 'lease-lost' })
    // Runs and approvals are good for six hours, the contract for a day: the requester has just signed all of it.
    await keyService.ask({ pass: 7 * hour })
    expect(await denialOf((await prepare(await bundleOf(older))).request)).toBe('expired')
    const patient = await bundleOf(older, { run: (run) => ({ ...run, validity: { ...run.validity, notAfter: later(20) } }) })
    expect(await denialOf((await prepare(patient)).request)).toBe('approval-expired')
    await keyService.ask({ pass: 20 * hour })
    const forever = (validity: Release['decidedAt']) => ({ notBefore: later(-1), notAfter: validity })
    const eternal = await bundleOf(older, {
      run: (run) => ({ ...run, validity: forever(later(100)) }),
      approval: (approval) => ({ ...approval, validity: forever(later(100)) }),
    })
    expect(await denialOf((await prepare(eternal)).request)).toBe('expired')
  })
})

function later(hours: number): string {
  return new Date(Date.now() + hours * hour).toISOString()
}
