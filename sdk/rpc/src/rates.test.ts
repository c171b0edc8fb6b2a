import { ObjectService } from '@reinraum/proto'
import { createIdentity, createRequestToken } from '@reinraum/statements'
import { expect, test } from 'vitest'
import type { Client } from './client.ts'
import { objectService } from './testing/object-service.ts'
import { rawCalls, resourceExhausted, unauthenticated } from './testing/raw-call.ts'
import { partyClient, serviceClient, someId, startParties, startServices } from './testing/test-room.ts'

const request = { objectId: someId }
const statObject = '/reinraum.ingestion.v1.ObjectService/StatObject'
const slow = { burst: 3, perSecond: 1 }
const exhausted = { code: 'resource-exhausted', message: /too many calls/ }

async function callUntilRefused(client: Client<typeof ObjectService>, most = 20): Promise<number> {
  for (let calls = 0; calls < most; calls++) {
    try {
      await client.statObject(request)
    } catch (error) {
      expect(error).toMatchObject(exhausted)
      return calls
    }
  }
  return most
}

test('a party over its rate is refused before the handler, another is not, and time brings the first one back', async () => {
  let now = 0
  let handled = 0
  const service = objectService({
    statObject: async () => {
      handled++
      return {}
    },
  })
  const { port } = await startParties([service], { rates: { perCaller: slow }, elapsedMs: () => now })
  const [busy, calm] = [await partyClient(ObjectService, port), await partyClient(ObjectService, port)]
  expect(await callUntilRefused(busy)).toBe(3)
  expect(handled).toBe(3)
  await calm.statObject(request)
  now = 999
  expect(await callUntilRefused(busy)).toBe(0)
  now = 2000
  expect(await callUntilRefused(busy)).toBe(2)
})

test('a service over its rate is refused by the id in its certificate, whatever connection it comes over', async () => {
  const { port } = await startServices([objectService({})], { rates: { perCaller: slow }, elapsedMs: () => 0 })
  const executor = () => serviceClient(ObjectService, port, ['spiffe://reinraum/executor'])
  expect(await callUntilRefused(await executor())).toBe(3)
  expect(await callUntilRefused(await executor())).toBe(0)
  await (await serviceClient(ObjectService, port, ['spiffe://reinraum/release'])).statObject(request)
})

test('a stream is refused like a single call', async () => {
  const { port } = await startParties([objectService({})], {
    rates: { perCaller: { burst: 1, perSecond: 1 } },
    elapsedMs: () => 0,
  })
  const client = await partyClient(ObjectService, port)
  await drain(client.readObject(request))
  await expect(drain(client.readObject(request))).rejects.toMatchObject(exhausted)
})

test('a method can have a lower rate than the caller, and the others stay open', async () => {
  const { port } = await startParties([objectService({})], { rates: { perMethod: { [statObject]: slow } }, elapsedMs: () => 0 })
  const [busy, calm] = [await partyClient(ObjectService, port), await partyClient(ObjectService, port)]
  expect(await callUntilRefused(busy)).toBe(3)
  await drain(busy.readObject(request))
  await calm.statObject(request)
})

test('a limit for a method that is not served is refused, because it would limit nothing', async () => {
  for (const options of [{ rates: { perMethod: { '/x.Y/Z': slow } } }, { requestBytes: { '/x.Y/Z': 1 } }]) {
    await expect(startParties([objectService({})], options)).rejects.toMatchObject({ code: 'invalid-argument' })
  }
})

test('calls without a token are limited by address, and those from elsewhere go on', async () => {
  const { port } = await startParties([objectService({})], {
    rates: { anonymous: slow },
    elapsedMs: () => 0,
    anonymous: (method) => method === statObject,
  })
  const party = await partyClient(ObjectService, port)
  await party.statObject(request)
  const stranger = { port, path: statObject, from: '127.0.0.2', send: oneRequest }
  expect(await rawCalls(Array(5).fill(stranger))).toEqual([0, 0, 0, resourceExhausted, resourceExhausted])
  await party.statObject(request)
  expect(await rawCalls([{ ...stranger, from: '127.0.0.3' }])).toEqual([0])
})

test('an address that sends invalid tokens runs dry, without a signature being verified, and nobody else notices', async () => {
  const errors: unknown[] = []
  const { port } = await startParties([objectService({})], {
    rates: { anonymous: { burst: 50, perSecond: 1 } },
    limits: { maxRememberedTokens: 6 },
    elapsedMs: () => 0,
    onError: (error) => errors.push(error),
  })
  const party = await partyClient(ObjectService, port)
  await party.statObject(request)
  const [good, bad] = [await token(), await token()]
  const forged = `${bad.split('.').slice(0, 2).join('.')}.${good.split('.')[2]}`
  const flood = await rawCalls(
    Array(300).fill({ port, path: statObject, authorization: `Reinraum ${forged}`, from: '127.0.0.2' }),
  )
  expect(flood.slice(0, 50)).toEqual(Array(50).fill(unauthenticated))
  expect(flood.slice(50)).toEqual(Array(250).fill(resourceExhausted))
  // Not even a good token is looked at any more from there, and the log has not grown with the flood.
  const late = { port, path: statObject, authorization: `Reinraum ${good}`, from: '127.0.0.2' }
  expect(await rawCalls([late])).toEqual([resourceExhausted])
  expect(errors).toHaveLength(50 + 10)
  // Of the three places that an address has in the replay memory one was taken before the flood.
  await party.statObject(request)
  await (await partyClient(ObjectService, port)).statObject(request)
})

test('whoever makes a new key for each call is limited by address', async () => {
  const { port } = await startParties([objectService({})], { rates: { anonymous: slow }, elapsedMs: () => 0 })
  const known = await partyClient(ObjectService, port)
  await known.statObject(request)
  for (let i = 0; i < 2; i++) await (await partyClient(ObjectService, port)).statObject(request)
  await expect((await partyClient(ObjectService, port)).statObject(request)).rejects.toMatchObject(exhausted)
})

test('an address that fills the memory of tokens with those of many keys fills its own part of it', async () => {
  const { port } = await startParties([objectService({})], { limits: { maxRememberedTokens: 8 } })
  const tokens = await Promise.all(Array.from({ length: 8 }, token))
  const flood = await rawCalls(
    tokens.map((text) => ({
      port,
      path: statObject,
      authorization: `Reinraum ${text}`,
      from: '127.0.0.2',
      send: oneRequest,
    })),
  )
  expect(flood.filter((status) => status === 0)).toHaveLength(4)
  expect(flood.filter((status) => status === resourceExhausted)).toHaveLength(4)
  const party = await partyClient(ObjectService, port)
  await party.statObject(request)
  await party.statObject(request)
})

async function token(): Promise<string> {
  return createRequestToken(await createIdentity(), { audience: 'governance', method: statObject, body: requestBytes })
}

// StatObjectRequest { object_id }
const requestBytes = Buffer.concat([Buffer.from([0x0a, someId.length]), Buffer.from(someId)])

async function oneRequest(stream: { end(bytes: Buffer): unknown }): Promise<void> {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(requestBytes.length, 1)
  stream.end(Buffer.concat([prefix, requestBytes]))
}

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}
