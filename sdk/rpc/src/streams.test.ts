import { setTimeout as sleep } from 'node:timers/promises'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import {
  type DepositResultRequestSchema,
  IngestionService,
  ObjectService,
  ResultIntakeService,
  UploadPartsRequestSchema,
} from '@reinraum/proto'
import { expect, test } from 'vitest'
import type { Handlers } from './handlers.ts'
import { implement } from './implementation.ts'
import { objectService } from './testing/object-service.ts'
import { serviceClient, someId, startServices } from './testing/test-room.ts'

const request = { objectId: someId }
const chunk = new Uint8Array(512 * 1024)

test('a server stream arrives whole and in order', async () => {
  const service = objectService({
    async *readObject() {
      for (let i = 0; i < 100; i++) yield { data: new Uint8Array(1000).fill(i) }
    },
  })
  const client = await serviceClient(ObjectService, (await startServices([service])).port)
  const received: number[] = []
  for await (const { data } of client.readObject(request)) received.push(data[0] ?? -1)
  expect(received).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

test('a server does not run ahead of a client that does not read', async () => {
  let made = 0
  const service = objectService({
    async *readObject() {
      for (; made < 120; made++) yield { data: chunk }
    },
  })
  const client = await serviceClient(ObjectService, (await startServices([service])).port)
  const stream = client.readObject(request)[Symbol.asyncIterator]()
  await stream.next()
  await sleep(500)
  expect(made).toBeLessThan(60)
  const before = made
  for (let i = 0; i < before; i++) await stream.next()
  expect(made).toBeGreaterThan(before)
  await stream.return?.()
})

test('a client that stops reading ends the server’s work', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  const service = objectService({
    async *readObject(_request, { signal }) {
      try {
        while (!signal.aborted) {
          yield { data: chunk }
        }
      } finally {
        resolve(signal.aborted ? 'aborted' : 'returned')
      }
    },
  })
  const client = await serviceClient(ObjectService, (await startServices([service])).port)
  for await (const _ of client.readObject(request)) break
  expect(await ended).toMatch(/aborted|returned/)
})

test('a caller that goes while the server waits for something wakes the server', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<unknown>()
  const service = objectService({
    async *readObject(_request, { signal }) {
      signal.addEventListener('abort', () => resolve(signal.reason))
      yield { data: new Uint8Array([1]) }
      await new Promise(() => undefined)
    },
  })
  const client = await serviceClient(ObjectService, (await startServices([service])).port)
  const controller = new AbortController()
  const reading = (async () => {
    for await (const _ of client.readObject(request, { signal: controller.signal })) controller.abort(new Error('enough'))
  })()
  await expect(reading).rejects.toThrow('enough')
  expect(await aborted).toMatchObject({ code: 'unavailable' })
})

const uploads = (uploadParts: Handlers<typeof IngestionService>['uploadParts']) =>
  implement(IngestionService, {
    beginUpload: async () => ({}),
    commitUpload: async () => ({}),
    discardUpload: async () => ({}),
    uploadParts,
  })

async function* parts(count: number, onSent: (index: number) => void = () => undefined): AsyncGenerator<Part> {
  yield { message: { case: 'uploadId', value: someId } }
  for (let i = 0; i < count; i++) {
    yield { message: { case: 'part', value: { offset: BigInt(i), data: chunk, checksum: 0 } } }
    onSent(i)
  }
}
type Part = MessageInitShape<typeof UploadPartsRequestSchema>

test('both directions of a stream run at once', async () => {
  const service = uploads(async function* (requests) {
    for await (const { message } of requests) if (message.case === 'part') yield { offset: message.value.offset }
  })
  const client = await serviceClient(IngestionService, (await startServices([service])).port)
  const offsets: bigint[] = []
  for await (const { offset } of client.uploadParts(parts(20))) offsets.push(offset)
  expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i)))
})

test('a message that its sender has encoded arrives as any other', async () => {
  const service = uploads(async function* (requests) {
    for await (const { message } of requests) if (message.case === 'part') yield { offset: message.value.offset }
  })
  const client = await serviceClient(IngestionService, (await startServices([service])).port)
  async function* encoded() {
    for await (const part of parts(3)) yield toBinary(UploadPartsRequestSchema, create(UploadPartsRequestSchema, part))
  }
  const offsets: bigint[] = []
  for await (const { offset } of client.uploadParts(encoded())) offsets.push(offset)
  expect(offsets).toEqual([0n, 1n, 2n])
})

test('a client does not run ahead of a server that does not read', async () => {
  let sent = 0
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const service = uploads(async function* (requests) {
    await released
    for await (const { message } of requests) if (message.case === 'part') yield { offset: message.value.offset }
  })
  const client = await serviceClient(IngestionService, (await startServices([service])).port)
  const answers = client.uploadParts(
    parts(80, () => {
      sent++
    }),
  )
  const reading = (async () => {
    let count = 0
    for await (const _ of answers) count++
    return count
  })()
  await sleep(500)
  expect(sent).toBeLessThan(60)
  release()
  expect(await reading).toBe(80)
})

test('each message of a stream is held against the schema', async () => {
  let reached = 0
  const service = uploads(async function* (requests) {
    for await (const { message } of requests) {
      reached++
      if (message.case === 'part') yield { offset: message.value.offset }
    }
  })
  const client = await serviceClient(IngestionService, (await startServices([service])).port)
  async function* bad(): AsyncGenerator<Part> {
    yield { message: { case: 'uploadId', value: someId } }
    yield { message: { case: 'part', value: { offset: 0n, data: new Uint8Array(), checksum: 0 } } }
    await new Promise(() => undefined)
  }
  await expect(drain(client.uploadParts(bad()))).rejects.toMatchObject({ code: 'invalid-argument' })
  expect(reached).toBe(1)
})

test('a refusal in the middle of an upload ends the sending', async () => {
  let returned = false
  const service = uploads(async function* (requests) {
    for await (const { message } of requests) {
      if (message.case === 'part' && message.value.offset === 3n) throw new ReinraumError('checksum-mismatch', 'part 3')
      yield { offset: 0n }
    }
  })
  const client = await serviceClient(IngestionService, (await startServices([service])).port)
  async function* endless(): AsyncGenerator<Part> {
    try {
      yield* parts(100_000)
    } finally {
      returned = true
    }
  }
  await expect(drain(client.uploadParts(endless()))).rejects.toMatchObject({ code: 'checksum-mismatch', message: 'part 3' })
  await expect.poll(() => returned).toBe(true)
})

test('a source that fails ends the call with its own error, and the work of the server', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<unknown>()
  const service = uploads(async function* (requests, { signal }) {
    signal.addEventListener('abort', () => resolve(signal.reason))
    for await (const _ of requests) yield { offset: 0n }
    await new Promise(() => undefined)
  })
  const client = await serviceClient(IngestionService, (await startServices([service])).port)
  async function* failing(): AsyncGenerator<Part> {
    yield* parts(2)
    throw new ReinraumError('unreadable-input', 'the file went away')
  }
  await expect(drain(client.uploadParts(failing()))).rejects.toMatchObject({ code: 'unreadable-input' })
  expect(await aborted).toMatchObject({ code: 'unavailable' })
})

const intake = (depositResult: Handlers<typeof ResultIntakeService>['depositResult']) =>
  implement(ResultIntakeService, { getDeposit: async () => ({}), depositResult })
type Deposit = MessageInitShape<typeof DepositResultRequestSchema>

async function* deposit(chunks: number): AsyncGenerator<Deposit> {
  for (let i = 0; i < chunks; i++) yield { message: { case: 'data', value: chunk } }
}

test('a client stream is answered once', async () => {
  const service = intake(async (requests) => {
    let bytes = 0
    for await (const { message } of requests) if (message.case === 'data') bytes += message.value.length
    return { receiptId: String(bytes) }
  })
  const client = await serviceClient(ResultIntakeService, (await startServices([service])).port)
  expect(await client.depositResult(deposit(30))).toMatchObject({ receiptId: String(30 * chunk.length) })
})

test('a client stream may be answered, or refused, before it ends', async () => {
  let refuse = false
  const service = intake(async (requests) => {
    for await (const _ of requests) break
    if (refuse) throw new ReinraumError('already-exists', 'there is a result')
    return { receiptId: 'early' }
  })
  const client = await serviceClient(ResultIntakeService, (await startServices([service])).port)
  expect(await client.depositResult(deposit(10_000))).toMatchObject({ receiptId: 'early' })
  refuse = true
  await expect(client.depositResult(deposit(10_000))).rejects.toMatchObject({ code: 'already-exists' })
})

test('a source that fails ends a client stream with its own error', async () => {
  const service = intake(async (requests) => {
    for await (const _ of requests);
    return {}
  })
  const client = await serviceClient(ResultIntakeService, (await startServices([service])).port)
  async function* failing(): AsyncGenerator<Deposit> {
    yield* deposit(2)
    throw new ReinraumError('unreadable-input', 'gone')
  }
  await expect(client.depositResult(failing())).rejects.toMatchObject({ code: 'unreadable-input' })
})

test('stopping lets a short call end, and ends a long stream with `unavailable`', async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>()
  const service = objectService({
    statObject: async () => {
      start()
      await sleep(100)
      return { length: 5n }
    },
    async *readObject() {
      yield { data: new Uint8Array([1]) }
      await new Promise(() => undefined)
    },
  })
  const server = await startServices([service])
  const client = await serviceClient(ObjectService, server.port)
  const stream = client.readObject(request)[Symbol.asyncIterator]()
  await stream.next()
  const short = client.statObject(request)
  await started
  const stopped = server.stop()
  expect((await short).length).toBe(5n)
  await expect(stream.next()).rejects.toMatchObject({ code: 'unavailable', message: 'the service is stopping' })
  await stopped
  await expect(client.statObject(request)).rejects.toMatchObject({ code: 'unavailable' })
})

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}
