import { readdir, readFile } from 'node:fs/promises'
import { parseStrictJson, type SealedObject } from '@reinraum/crypto'
import { ResultState } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Deposit, makeDeposit, send } from '../testing/deposit.ts'
import { openLayer, openSealed } from '../testing/gate.ts'
import { createIdentities, createRoom, type Identities, type Party, type Room } from '../testing/room.ts'
import { type RunningRelease, startRelease } from '../testing/service.ts'

let identities: Identities
let room: Room
beforeAll(async () => {
  identities = await createIdentities()
  room = await createRoom(identities)
})

async function deposited(): Promise<{ service: RunningRelease; deposit: Deposit; runId: string }> {
  const service = await startRelease()
  const deposit = await makeDeposit(room)
  await send(service.service(), deposit)
  return { service, deposit, runId: deposit.runId }
}

/** As a reviewer does it: fetch the current layer, open it with its own key, hand on what is beneath. */
async function review(service: RunningRelease, name: Party, runId: string) {
  const { gateLayer } = await service.party(identities[name]).getResult({ runId })
  return pass(service, name, runId, await openLayer(identities, name, gateLayer, runId))
}

function pass(service: RunningRelease, name: Party, runId: string, openedLayer: Uint8Array) {
  return service.party(identities[name]).submitReview({ runId, decision: { case: 'openedLayer', value: openedLayer } })
}

function reject(service: RunningRelease, name: Party, runId: string) {
  return service.party(identities[name]).submitReview({ runId, decision: { case: 'rejection', value: { reason: 'No' } } })
}

function get(service: RunningRelease, name: Party, runId: string) {
  return service.party(identities[name]).getResult({ runId })
}

async function read(service: RunningRelease, name: Party, runId: string, offset = 0n): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const { data } of service.party(identities[name]).readResult({ runId, offset })) chunks.push(data)
  return Buffer.concat(chunks)
}

describe('a result under review', () => {
  test('reaches its recipient when every reviewer has opened its layer, in order', async () => {
    const { service, deposit, runId } = await deposited()
    expect(await get(service, 'analyst', runId)).toMatchObject({ state: ResultState.AWAITING_REVIEW, nextReviewer: 'bird' })
    expect(await review(service, 'bird', runId)).toMatchObject({ state: ResultState.AWAITING_REVIEW, nextReviewer: 'inspector' })
    expect(await review(service, 'inspector', runId)).toMatchObject({ state: ResultState.RELEASED, nextReviewer: '' })
    expect(await service.events()).toEqual(['result.deposited', 'result.released'])

    const result = await get(service, 'analyst', runId)
    expect(result).toMatchObject({ state: ResultState.RELEASED, length: BigInt(deposit.ciphertext.length) })
    const { recipients } = parseStrictJson(result.gateLayer) as unknown as { recipients: Record<string, SealedObject> }
    const key = await openSealed(identities, 'analyst', recipients.analyst as SealedObject, 'reinraum/result/v1', runId)
    expect(Buffer.from(key).equals(deposit.key)).toBe(true)
    expect((await read(service, 'analyst', runId)).equals(deposit.ciphertext)).toBe(true)
    expect((await read(service, 'analyst', runId, 70_000n)).equals(deposit.ciphertext.subarray(70_000))).toBe(true)
    expect((await read(service, 'analyst', runId, 100_000n)).length).toBe(0)
    expect(await refusalOf(read(service, 'analyst', runId, 100_001n))).toBe('invalid-argument')
  })

  test('gives its recipient neither keys nor ciphertext before that', async () => {
    const { service, runId } = await deposited()
    for (const step of [() => Promise.resolve(), () => review(service, 'bird', runId)]) {
      await step()
      const result = await get(service, 'analyst', runId)
      expect([result.gateLayer.length, result.inspectionKey.length]).toEqual([0, 0])
      expect(result.receiptBundle.length).toBeGreaterThan(0)
      expect(await refusalOf(read(service, 'analyst', runId))).toBe('review-pending')
    }
  })

  test('is for nobody else: not for an owner, not for another recipient of the contract, not for a stranger', async () => {
    const { service, runId } = await deposited()
    const layer = (await get(service, 'bird', runId)).gateLayer
    for (const name of ['air', 'partner', 'stranger', 'air-keys'] satisfies Party[]) {
      expect(await refusalOf(get(service, name, runId))).toBe('permission-denied')
      expect(await refusalOf(read(service, name, runId))).toBe('permission-denied')
      expect(await refusalOf(pass(service, name, runId, layer))).toBe('permission-denied')
      expect(await refusalOf(reject(service, name, runId))).toBe('permission-denied')
    }
    expect(await refusalOf(get(service, 'analyst', `sha256:${'0'.repeat(64)}`))).toBe('not-found')
  })

  test('can be read by the reviewer who inspects, with a key of its own, and by no other reviewer', async () => {
    const { service, deposit, runId } = await deposited()
    const { inspectionKey } = await get(service, 'inspector', runId)
    const sealed = parseStrictJson(inspectionKey) as unknown as SealedObject
    const key = await openSealed(identities, 'inspector', sealed, 'reinraum/inspect/v1', runId)
    expect(Buffer.from(key).equals(deposit.key)).toBe(true)
    expect((await read(service, 'inspector', runId)).equals(deposit.ciphertext)).toBe(true)
    expect((await get(service, 'bird', runId)).inspectionKey.length).toBe(0)
    expect(await refusalOf(read(service, 'bird', runId))).toBe('permission-denied')
  })

  test('is listed for the reviewer whose turn it is', async () => {
    const { service, deposit, runId } = await deposited()
    const listed = async (name: Party) =>
      (await service.party(identities[name]).listReviews({ contractId: room.contract.id })).reviews
    expect(await listed('bird')).toMatchObject([{ runId, queryId: deposit.queryId }])
    for (const name of ['inspector', 'analyst', 'stranger'] satisfies Party[]) expect(await listed(name)).toEqual([])
    await review(service, 'bird', runId)
    expect(await listed('bird')).toEqual([])
    expect(await listed('inspector')).toMatchObject([{ runId }])
    await review(service, 'inspector', runId)
    expect(await listed('inspector')).toEqual([])
  })
})

describe('a review', () => {
  test('must be the layer that the receipt names next', async () => {
    const { service, deposit, runId } = await deposited()
    const other = await makeDeposit(room)
    await send(service.service(), other)
    const wrong = [deposit.gate.layers[0], deposit.gate.layers[2], other.gate.layers[1], Uint8Array.of(1, 2)]
    for (const layer of wrong)
      expect(await refusalOf(pass(service, 'bird', runId, layer as Uint8Array))).toBe('checksum-mismatch')
    expect(await get(service, 'bird', runId)).toMatchObject({ state: ResultState.AWAITING_REVIEW, nextReviewer: 'bird' })
  })

  test('waits for its turn', async () => {
    const { service, deposit, runId } = await deposited()
    expect(await refusalOf(pass(service, 'inspector', runId, deposit.gate.layers[2] as Uint8Array))).toBe('review-pending')
    expect(await refusalOf(reject(service, 'inspector', runId))).toBe('review-pending')
    expect(await refusalOf(pass(service, 'analyst', runId, deposit.gate.layers[1] as Uint8Array))).toBe('permission-denied')
    expect(await refusalOf(reject(service, 'analyst', runId))).toBe('permission-denied')
  })

  test('that is repeated gets the same answer and has no second effect', async () => {
    const { service, deposit, runId } = await deposited()
    const [, second, last] = deposit.gate.layers as [Uint8Array, Uint8Array, Uint8Array]
    for (let i = 0; i < 3; i++) expect(await pass(service, 'bird', runId, second)).toMatchObject({ nextReviewer: 'inspector' })
    await pass(service, 'inspector', runId, last)
    expect(await pass(service, 'inspector', runId, last)).toMatchObject({ state: ResultState.RELEASED })
    expect(await pass(service, 'bird', runId, second)).toMatchObject({ state: ResultState.RELEASED })
    expect(await service.events()).toEqual(['result.deposited', 'result.released'])
  })

  test('that rejects ends it for everyone', async () => {
    const { service, deposit, runId } = await deposited()
    await review(service, 'bird', runId)
    expect(await reject(service, 'inspector', runId)).toMatchObject({ state: ResultState.REJECTED, nextReviewer: '' })
    expect(await reject(service, 'inspector', runId)).toMatchObject({ state: ResultState.REJECTED })
    expect(await refusalOf(pass(service, 'inspector', runId, deposit.gate.layers[2] as Uint8Array))).toBe('review-rejected')
    expect(await pass(service, 'bird', runId, deposit.gate.layers[1] as Uint8Array)).toMatchObject({
      state: ResultState.REJECTED,
    })
    expect(await service.events()).toEqual(['result.deposited', 'result.rejected'])
    for (const name of ['analyst', 'bird', 'inspector'] satisfies Party[]) {
      const result = await get(service, name, runId)
      expect(result).toMatchObject({ state: ResultState.REJECTED, nextReviewer: '' })
      expect([result.gateLayer.length, result.inspectionKey.length]).toEqual([0, 0])
      expect(await refusalOf(read(service, name, runId))).toBe('review-rejected')
    }
  })

  test('cannot be taken back', async () => {
    const { service, runId } = await deposited()
    await review(service, 'bird', runId)
    expect(await refusalOf(reject(service, 'bird', runId))).toBe('conflict')
  })

  test('that passes and one that rejects, at the same time, leave one decision', async () => {
    for (let round = 0; round < 5; round++) {
      const { service, deposit, runId } = await deposited()
      const second = deposit.gate.layers[1] as Uint8Array
      const outcomes = await Promise.allSettled([
        pass(service, 'bird', runId, second),
        reject(service, 'bird', runId),
        pass(service, 'bird', runId, second),
      ])
      const { state } = await get(service, 'bird', runId)
      const events = await service.events()
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
      expect(events).toEqual(state === ResultState.REJECTED ? ['result.deposited', 'result.rejected'] : ['result.deposited'])
    }
  })

  test('keeps the reason out of the store', async () => {
    const { service, runId } = await deposited()
    const reason = 'row 3 says canary-7c1f'
    await service.party(identities.bird).submitReview({ runId, decision: { case: 'rejection', value: { reason } } })
    for (const name of (await readdir(service.folder)).filter((file) => file.startsWith('release.db'))) {
      expect((await readFile(`${service.folder}/${name}`)).includes('canary-7c1f')).toBe(false)
    }
  })
})
