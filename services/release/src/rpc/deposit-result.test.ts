import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { concatBytes, digestId, randomBytes, toBase64url, utf8 } from '@reinraum/crypto'
import { ResultState } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleOf, type DepositChanges, dataMessage, headerMessage, makeDeposit, send } from '../testing/deposit.ts'
import { at, createIdentities, createRoom, type Identities, type Room } from '../testing/room.ts'
import { type RunningRelease, startRelease } from '../testing/service.ts'

let identities: Identities
let room: Room
beforeAll(async () => {
  identities = await createIdentities()
  room = await createRoom(identities)
})

function files(service: RunningRelease): Promise<string[]> {
  return readdir(join(service.folder, 'objects'), { recursive: true, withFileTypes: true }).then((entries) =>
    entries.filter((entry) => entry.isFile()).map(({ name }) => name),
  )
}

describe('a deposit', () => {
  test('stands for its run and waits for its reviews', async () => {
    const service = await startRelease()
    const executor = service.service()
    const deposit = await makeDeposit(room)
    expect(await executor.getDeposit({ runId: deposit.runId })).toMatchObject({ exists: false, receiptId: '' })
    expect(await send(executor, deposit)).toMatchObject({ accepted: true, receiptId: deposit.receiptId })
    expect(await executor.getDeposit({ runId: deposit.runId })).toMatchObject({ exists: true, receiptId: deposit.receiptId })
    expect(await service.events()).toEqual(['result.deposited'])
    expect(await files(service)).toEqual([digestId(deposit.ciphertext).slice(7)])
    expect(await service.store.db.selectFrom('incoming').selectAll().execute()).toEqual([])
  })

  test('is released at once where the contract names no reviewer', async () => {
    const open = await createRoom(identities, (c) => ({ ...c, results: { ...c.results, reviewers: [] } }))
    const service = await startRelease()
    const deposit = await makeDeposit(open)
    await send(service.service(), deposit)
    expect(await service.events()).toEqual(['result.released'])
    const result = await service.party(identities.analyst).getResult({ runId: deposit.runId })
    expect(result).toMatchObject({ state: ResultState.RELEASED, nextReviewer: '' })
    expect(Buffer.from(result.gateLayer).equals(deposit.header.gateLayer)).toBe(true)
  })

  test('does not replace an earlier one of the same run', async () => {
    const service = await startRelease()
    const executor = service.service()
    const first = await makeDeposit(room)
    const second = await makeDeposit(room, { sameRunAs: first })
    expect(second.runId).toBe(first.runId)
    await send(executor, first)
    for (const again of [second, first]) {
      expect(await send(executor, again)).toMatchObject({ accepted: false, receiptId: first.receiptId })
    }
    expect(await files(service)).toEqual([digestId(first.ciphertext).slice(7)])
    expect(await service.events()).toEqual(['result.deposited'])
    const result = await service.party(identities.analyst).getResult({ runId: first.runId })
    expect(Buffer.from(result.receiptBundle).equals(first.header.receiptBundle)).toBe(true)
  })

  test('wins alone when many of one run arrive at the same time, and leaves nothing of the others', async () => {
    const service = await startRelease()
    const first = await makeDeposit(room)
    const deposits = [first, ...(await Promise.all([1, 2, 3, 4].map(() => makeDeposit(room, { sameRunAs: first })))), first]
    const outcomes = await Promise.all(deposits.map((deposit) => send(service.service(), deposit)))
    expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(1)
    const winner = outcomes.find(({ accepted }) => accepted)?.receiptId
    expect(outcomes.every(({ receiptId }) => receiptId === winner)).toBe(true)
    const ciphertext = deposits.find(({ receiptId }) => receiptId === winner)?.ciphertext ?? new Uint8Array()
    expect(await files(service)).toEqual([digestId(ciphertext).slice(7)])
    expect(await service.events()).toEqual(['result.deposited'])
  })

  test('that breaks off leaves nothing, and the run can be deposited again', async () => {
    const service = await startRelease()
    const deposit = await makeDeposit(room)
    const abort = new AbortController()
    const broken = service.service().depositResult(
      (async function* () {
        yield headerMessage(deposit.header)
        yield dataMessage(deposit.ciphertext.subarray(0, 1000))
        await new Promise((resolve) => setTimeout(resolve, 200))
        abort.abort()
        await new Promise(() => undefined)
      })(),
      { signal: abort.signal },
    )
    await expect(broken).rejects.toThrow()
    await expect.poll(() => files(service)).toEqual([])
    expect(await send(service.service(), deposit)).toMatchObject({ accepted: true })
  })

  test('that a crash cut off leaves nothing after the next start', async () => {
    const service = await startRelease()
    const { ciphertext } = await makeDeposit(room)
    const [whole, half] = [digestId(randomBytes(32)), digestId(randomBytes(32))]
    const object = digestId(ciphertext)
    await service.store.db
      .insertInto('incoming')
      .values([
        { part: whole, object },
        { part: half, object },
      ])
      .execute()
    await service.objects.append(half, 0, ciphertext.subarray(0, 100))
    await service.objects.append(whole, 0, ciphertext)
    await service.objects.commit(whole, object, ciphertext.length)
    await service.stop()
    const restarted = await startRelease({ folder: service.folder })
    expect(await files(restarted)).toEqual([])
    expect(await restarted.store.db.selectFrom('incoming').selectAll().execute()).toEqual([])
  })

  test('with the same bytes as a result that stands does not take those away when it fails', async () => {
    const service = await startRelease()
    const standing = await makeDeposit(room)
    await send(service.service(), standing)
    const other = await makeDeposit(room, { ciphertext: standing.ciphertext })
    expect(await refusalOf(send(service.service(), { ...other, ciphertext: standing.ciphertext.subarray(1) }))).toBe(
      'ciphertext-mismatch',
    )
    expect(await files(service)).toEqual([digestId(standing.ciphertext).slice(7)])
  })

  test('is for executors only', async () => {
    const service = await startRelease()
    const deposit = await makeDeposit(room)
    for (const id of ['governance', 'keys/air', 'ingestion', 'release']) {
      expect(await refusalOf(send(service.service(id), deposit))).toBe('permission-denied')
      expect(await refusalOf(service.service(id).getDeposit({ runId: deposit.runId }))).toBe('permission-denied')
    }
  })
})

describe('a deposit is refused', () => {
  const other = digestId(utf8('another'))
  const swapped = (bytes: Uint8Array) => Buffer.from(bytes).reverse()
  const cases: readonly (readonly [string, DepositChanges, string])[] = [
    ['for another run than its receipt’s', { header: (h) => ({ ...h, runId: other }) }, 'receipt-invalid'],
    ['when the receipt names another run', { receipt: (r) => ({ ...r, run: other }) }, 'receipt-invalid'],
    ['when the receipt names another query', { receipt: (r) => ({ ...r, query: other }) }, 'receipt-invalid'],
    ['when the run is of another query', { run: (r) => ({ ...r, query: other }) }, 'receipt-invalid'],
    ['when the receipt belongs to another contract', { receipt: (r) => ({ ...r, contract: other }) }, 'contract-mismatch'],
    [
      'when the receipt names other dataset versions',
      { receipt: (r) => ({ ...r, manifests: [{ slot: 'flights', manifest: other }] }) },
      'receipt-invalid',
    ],
    [
      'when the receipt names a dataset that the run does not read',
      { receipt: (r) => ({ ...r, manifests: [...r.manifests, { slot: 'strikes', manifest: other }] }) },
      'receipt-invalid',
    ],
    [
      'when the receipt names another recipient of the contract',
      { receipt: (r) => ({ ...r, gate: { ...r.gate, recipients: ['partner'] } }) },
      'receipt-invalid',
    ],
    [
      'when the receipt leaves out a reviewer',
      { receipt: (r) => ({ ...r, gate: { ...r.gate, reviewers: ['bird'], layers: r.gate.layers.slice(0, 2) } }) },
      'receipt-invalid',
    ],
    [
      'when the receipt is signed with a member’s keys',
      {
        receipt: (r) => ({
          ...r,
          binding: { ...r.binding, sig: room.contract.document.members[0]?.keys.signing ?? r.binding.sig },
        }),
      },
      'unknown-member',
    ],
    ['when the gate layer is another one', { header: (h) => ({ ...h, gateLayer: swapped(h.gateLayer) }) }, 'receipt-invalid'],
    [
      'when the gate layer is one byte longer and says the same',
      { header: (h) => ({ ...h, gateLayer: concatBytes(h.gateLayer, utf8(' ')) }) },
      'receipt-invalid',
    ],
    [
      'when the gate begins with the second reviewer',
      {
        receipt: (r) => ({ ...r, gate: { ...r.gate, layers: [...r.gate.layers.slice(1), ...r.gate.layers.slice(2)] } }),
        header: (h, gate) => ({ ...h, gateLayer: gate.layers[1] ?? h.gateLayer }),
      },
      'receipt-invalid',
    ],
    ['when its length is not the receipt’s', { header: (h) => ({ ...h, length: h.length + 1n }) }, 'receipt-invalid'],
    ['without the inspecting reviewer’s key', { header: (h) => ({ ...h, inspectionKeys: [] }) }, 'receipt-invalid'],
    [
      'with an inspection key for someone else',
      {
        header: (h) => ({
          ...h,
          inspectionKeys: [...h.inspectionKeys, ...h.inspectionKeys.map((k) => ({ ...k, member: 'bird' }))],
        }),
      },
      'receipt-invalid',
    ],
    [
      'with an inspection key that is none',
      { header: (h) => ({ ...h, inspectionKeys: h.inspectionKeys.map((k) => ({ ...k, sealedKey: utf8('{}') })) }) },
      'receipt-invalid',
    ],
    ['with something more in its bundle', { bundle: (b) => ({ ...b, more: 1 }) }, 'receipt-invalid'],
    ['without a release in its bundle', { bundle: (b) => ({ ...b, releases: [] }) }, 'receipt-invalid'],
    ['when its bundle is no object', { bundle: () => [] }, 'receipt-invalid'],
    ['for a run that the analyst did not sign', { runSigner: 'partner' }, 'signature-missing'],
    [
      'for a run that is over',
      { run: (r) => ({ ...r, validity: { notBefore: at(-7200_000), notAfter: at(-3600_000) } }) },
      'expired',
    ],
  ]
  test.each(cases)('%s', async (_, changes, code) => {
    const service = await startRelease()
    const deposit = await makeDeposit(room, changes)
    expect(await refusalOf(send(service.service(), deposit))).toBe(code)
    expect(await service.service().getDeposit({ runId: deposit.runId })).toMatchObject({ exists: false })
    expect(await files(service)).toEqual([])
    expect(await service.events()).toEqual([])
  })

  test('when a signature under the receipt is changed, or one is missing', async () => {
    const service = await startRelease()
    const deposit = await makeDeposit(room)
    const bundle = bundleOf(deposit) as { receipt: { signatures: { signature: string }[] } }
    const [first, second] = bundle.receipt.signatures
    const forged = toBase64url(randomBytes(64))
    for (const [code, signatures] of [
      ['signature-invalid', [{ ...first, signature: forged }, second]],
      ['signature-missing', [second]],
    ] as const) {
      const receiptBundle = utf8(JSON.stringify({ ...bundle, receipt: { ...bundle.receipt, signatures } }))
      expect(await refusalOf(send(service.service(), { ...deposit, header: { ...deposit.header, receiptBundle } }))).toBe(code)
    }
  })

  test('when bytes are missing, too many, or flipped', async () => {
    const service = await startRelease()
    const deposit = await makeDeposit(room)
    const { ciphertext } = deposit
    const flipped = Buffer.from(ciphertext)
    flipped.writeUInt8(flipped.readUInt8(50_000) ^ 1, 50_000)
    for (const bytes of [
      ciphertext.subarray(1),
      Buffer.concat([ciphertext, ciphertext.subarray(0, 1)]),
      flipped,
      new Uint8Array(),
    ]) {
      expect(await refusalOf(send(service.service(), { ...deposit, ciphertext: bytes }))).toBe('ciphertext-mismatch')
      expect(await files(service)).toEqual([])
    }
    expect(await send(service.service(), deposit)).toMatchObject({ accepted: true })
  })

  test('as soon as it is longer than announced, not only at its end', async () => {
    const service = await startRelease()
    const deposit = await makeDeposit(room)
    const endless = (async function* () {
      yield headerMessage(deposit.header)
      yield dataMessage(deposit.ciphertext)
      yield dataMessage(deposit.ciphertext.subarray(0, 1))
      await new Promise(() => undefined)
    })()
    expect(await refusalOf(service.service().depositResult(endless))).toBe('ciphertext-mismatch')
  })

  test('when the messages come in another order', async () => {
    const service = await startRelease()
    const deposit = await makeDeposit(room)
    const header = headerMessage(deposit.header)
    const data = dataMessage(deposit.ciphertext)
    for (const messages of [[data, header], [header, header], []]) {
      const stream = (async function* () {
        yield* messages
      })()
      expect(await refusalOf(service.service().depositResult(stream))).toBe('invalid-argument')
    }
  })

  test('when it is larger than a result may be', async () => {
    const service = await startRelease({ limits: { resultBytes: 99_999 } })
    expect(await refusalOf(send(service.service(), await makeDeposit(room)))).toBe('resource-exhausted')
  })
})
