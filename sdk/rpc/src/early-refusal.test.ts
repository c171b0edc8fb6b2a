import type { ClientHttp2Stream } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ObjectService } from '@reinraum/proto'
import { createIdentity, createRequestToken, type Identity } from '@reinraum/statements'
import { expect, test } from 'vitest'
import type { HealthService } from './server.ts'
import { objectService } from './testing/object-service.ts'
import { type RawCall, rawCalls, resourceExhausted, unauthenticated } from './testing/raw-call.ts'
import { partyClient, someId, startParties } from './testing/test-room.ts'

const statObject = '/reinraum.ingestion.v1.ObjectService/StatObject'
const healthCheck = '/grpc.health.v1.Health/Check'
const mebibyte = 1024 * 1024

const bearing = (token: string) => `Reinraum ${token}`

async function tokenOf(identity: Identity, scope: { audience?: string; method?: string; now?: Date } = {}): Promise<string> {
  return createRequestToken(identity, { audience: 'governance', method: statObject, body: new Uint8Array(1), ...scope })
}

test('whoever has no good token is told before a byte of the message has come', async () => {
  const { port } = await startParties([objectService({})])
  const identity = await createIdentity()
  const good = await tokenOf(identity)
  const [header, payload] = good.split('.')
  const otherSignature = (await tokenOf(identity)).split('.')[2]
  const long = new Date(Date.now() - 10 * 60_000)
  const refused: Readonly<Record<string, string | undefined>> = {
    'no token': undefined,
    'no token at all': 'Bearer x',
    'not well formed': bearing('a.b.c'),
    'a signature of something else': bearing(`${header}.${payload}.${otherSignature}`),
    'no signature': bearing(`${header}.${payload}.`),
    expired: bearing(await tokenOf(identity, { now: long })),
    'for another service': bearing(await tokenOf(identity, { audience: 'ingestion' })),
    'for another method': bearing(await tokenOf(identity, { method: '/x.Y/Z' })),
  }
  for (const [name, authorization] of Object.entries(refused)) {
    const call = { port, path: statObject, ...(authorization === undefined ? {} : { authorization }) }
    expect(await rawCalls([call]), name).toEqual([unauthenticated])
  }
})

test('20 MiB from whoever has no token are not held in memory', async () => {
  const { port } = await startParties([objectService({})])
  const { send, held } = await sendTwentyMebibytes()
  expect(await rawCalls([{ port, path: statObject, send }])).toEqual([unauthenticated])
  expect(held()).toBeLessThan(4 * mebibyte)
})

test('a message that is longer than its method takes is refused at its first bytes, and another method takes it', async () => {
  const { port } = await startParties([objectService({})], {
    requestBytes: { [statObject]: 64 },
    anonymous: () => true,
  })
  const announced = (bytes: number) => async (stream: ClientHttp2Stream) => void stream.write(prefixOf(bytes))
  expect(await rawCalls([{ port, path: statObject, send: announced(65) }])).toEqual([resourceExhausted])
  const client = await partyClient(ObjectService, port)
  await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'resource-exhausted' })
  for await (const _ of client.readObject({ objectId: someId }));
})

test('a health check of 20 MiB is refused, one of the right size is answered without a token and at any rate', async () => {
  const { port } = await startParties([objectService({})], {
    health,
    rates: { perCaller: { burst: 1, perSecond: 1 }, anonymous: { burst: 1, perSecond: 1 } },
    elapsedMs: () => 0,
  })
  const check: RawCall = { port, path: healthCheck, send: async (stream) => void stream.end(prefixOf(0)) }
  expect(await rawCalls(Array(50).fill(check))).toEqual(Array(50).fill(0))
  const { send, held } = await sendTwentyMebibytes()
  expect(await rawCalls([{ port, path: healthCheck, send }])).toEqual([resourceExhausted])
  expect(held()).toBeLessThan(4 * mebibyte)
})

// As `grpc-health-check` adds itself: without passing through an implementation of ours.
const health: HealthService = {
  addToServer: (server) => {
    const bytes = (message: Buffer) => message
    const [requestSerialize, requestDeserialize, responseSerialize, responseDeserialize] = [bytes, bytes, bytes, bytes]
    const messages = { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize }
    server.addService(
      { Check: { path: healthCheck, requestStream: false, responseStream: false, ...messages } },
      { Check: (_call: unknown, answer: (error: null, message: Buffer) => void) => answer(null, Buffer.alloc(0)) },
    )
  },
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function prefixOf(length: number): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(length, 1)
  return prefix
}

/** Sends all but the end of a message of 20 MiB, refused or not, as no client of ours would; gives what is then held. */
async function sendTwentyMebibytes(): Promise<{ readonly send: (stream: ClientHttp2Stream) => Promise<void>; held(): number }> {
  const chunk = Buffer.alloc(64 * 1024)
  const before = await heldBytes()
  let after = Number.NaN
  return {
    held: () => after - before,
    async send(stream) {
      stream.write(prefixOf(20 * mebibyte))
      for (let sent = 0; sent < 20 * mebibyte - chunk.length && !stream.destroyed; sent += chunk.length) {
        await new Promise<void>((resolve) => stream.write(chunk, () => resolve()))
      }
      after = await heldBytes()
    },
  }
}

/** Bytes of buffers that this process, which is both ends, cannot let go of. V8 frees them a little after it has collected. */
async function heldBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    collectGarbage()
    await sleep(20)
    least = Math.min(least, process.memoryUsage().arrayBuffers)
  }
  return least
}
