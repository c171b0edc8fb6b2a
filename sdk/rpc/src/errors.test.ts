import { type ErrorCode, errorCodes, ReinraumError } from '@reinraum/crypto'
import { GovernanceService, ObjectService } from '@reinraum/proto'
import { expect, test } from 'vitest'
import { createRpcClient } from './client.ts'
import { codeOfStatus, statusOfCode } from './error-status.ts'
import { objectService } from './testing/object-service.ts'
import { partyClient, serviceClient, someId, startParties, startServices, testAuthority } from './testing/test-room.ts'

const request = { objectId: someId }

const failingWith = (error: () => unknown) =>
  objectService({
    statObject: async () => {
      throw error()
    },
    // biome-ignore lint/correctness/useYield: it fails before it could
    async *readObject() {
      throw error()
    },
  })

test('every code crosses the wire as itself, with its message', async () => {
  let code: ErrorCode = 'internal'
  const { port } = await startServices([failingWith(() => new ReinraumError(code, `because of ${code}`))])
  const client = await serviceClient(ObjectService, port)
  for (code of errorCodes) {
    const expected = { name: 'ReinraumError', code, message: `because of ${code}` }
    await expect(client.statObject(request)).rejects.toMatchObject(expected)
    await expect(drain(client.readObject(request))).rejects.toMatchObject(expected)
  }
})

test('of any other error nothing is said but that there was one; the observer sees it', async () => {
  const seen: unknown[] = []
  const secret = new TypeError('canary: select * from patients')
  const { port } = await startServices([failingWith(() => secret)], { onError: (error, call) => seen.push([error, call.caller]) })
  const client = await serviceClient(ObjectService, port)
  for (const call of [() => client.statObject(request), () => drain(client.readObject(request))]) {
    const error = await call().catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'internal', message: 'the service failed' })
    expect(JSON.stringify(error)).not.toContain('canary')
  }
  expect(seen).toEqual([
    [secret, { kind: 'service', id: 'executor' }],
    [secret, { kind: 'service', id: 'executor' }],
  ])
})

test('the cause of an error stays in the process', async () => {
  const { port } = await startServices([failingWith(() => new ReinraumError('conflict', 'no', { cause: new Error('canary') }))])
  const client = await serviceClient(ObjectService, port)
  const error = await client.statObject(request).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'conflict', message: 'no' })
  expect((error as Error).cause).toBeUndefined()
})

test('a message that would write to a terminal, break a header or fill a log arrives tame', async () => {
  const nasty = `\u001b[2J\nx\r\n\u202e\ud800 ${'y'.repeat(5000)} ü 日`
  const { port } = await startServices([failingWith(() => new ReinraumError('conflict', nasty))])
  const client = await serviceClient(ObjectService, port)
  const error = await client.statObject(request).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'conflict' })
  const { message } = error as Error
  expect(message).not.toMatch(/[\p{Cc}\u202e]/u)
  expect(message.length).toBeLessThanOrEqual(1000)
})

test('nobody listening is `unavailable`, and says where', async () => {
  const { ca } = testAuthority
  const client = createRpcClient(ObjectService, { address: '127.0.0.1:9', tls: { ca } })
  await expect(client.statObject(request)).rejects.toMatchObject({ code: 'unavailable', message: '127.0.0.1:9 is not reachable' })
  await expect(drain(client.readObject(request))).rejects.toMatchObject({ code: 'unavailable' })
  client.close()
})

test('a call that takes too long ends with `deadline-exceeded`, on both sides', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<unknown>()
  const service = objectService({
    statObject: (_request, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          resolve(signal.reason)
          reject(signal.reason)
        })
      }),
  })
  const { port } = await startServices([service])
  const client = await serviceClient(ObjectService, port)
  await expect(client.statObject(request, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'deadline-exceeded' })
  expect(await aborted).toMatchObject({ code: 'unavailable' })
})

test('a method that the server does not have is `unsupported`', async () => {
  const { port } = await startServices([objectService({})])
  const client = await serviceClient(GovernanceService, port)
  await expect(client.getContract({ contractId: someId })).rejects.toMatchObject({ code: 'unsupported' })
})

test('a request that breaks a rule of the schema does not reach the handler, and its value is not repeated', async () => {
  let reached = 0
  const count = () => {
    reached++
  }
  const service = objectService({
    statObject: async () => {
      count()
      return {}
    },
    async *readObject() {
      count()
      yield {}
    },
  })
  const { port } = await startParties([service])
  const client = await partyClient(ObjectService, port)
  const bad = { objectId: 'canary' }
  for (const call of [() => client.statObject(bad), () => drain(client.readObject(bad))]) {
    const error = await call().catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('object_id') })
    expect((error as Error).message).not.toContain('canary')
  }
  expect(reached).toBe(0)
})

test('a message above the limit is refused', async () => {
  const { port } = await startServices([objectService({})], { limits: { maxMessageBytes: 1000 } })
  const client = await serviceClient(ObjectService, port)
  await expect(client.statObject({ objectId: 'x'.repeat(2000) })).rejects.toMatchObject({ code: 'resource-exhausted' })
})

test('an observer that fails does not change the answer', async () => {
  const { port } = await startServices([failingWith(() => new ReinraumError('conflict', 'no'))], {
    onError: () => {
      throw new Error('observer')
    },
  })
  await expect((await serviceClient(ObjectService, port)).statObject(request)).rejects.toMatchObject({ code: 'conflict' })
})

test('a code without its trailer is read back from the status it travelled under, or as something no weaker', () => {
  expect(codeOfStatus(statusOfCode('unavailable'))).toBe('unavailable')
  expect(codeOfStatus(statusOfCode('permission-denied'))).toBe('permission-denied')
  expect(codeOfStatus(0)).toBe('internal')
})

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}
