import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { digestId, randomBytes } from '@reinraum/crypto'
import { KeyReleaseService, KeysService, RecoveryService, SealService } from '@reinraum/proto'
import { type Implementation, methodPath, type RpcContext } from '@reinraum/rpc'
import { publicKeysOf } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { portsOf } from '../service.ts'
import { sealAsAdministrator, twoOfThree } from '../testing/ceremony.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom(twoOfThree)
  await sealAsAdministrator(room)
})
afterAll(() => room.stop())

/** For administrators, about the clock of the machine: no key has to do with it. */
const answering = [RecoveryService.method.getClock, RecoveryService.method.confirmClock].map(methodPath)

test('every method of both ports is refused, whoever calls it, but those of the seal', async () => {
  const { parties, services } = portsOf(room.shared.service)
  const served: readonly Implementation[] = [...parties.services, ...services.services]
  const gated = served.filter(({ service }) => service.typeName !== SealService.typeName)
  // By their descriptions, so that a method that comes later is not forgotten.
  const methods = gated.flatMap(({ service }) => service.methods.map(({ parent, name }) => `/${parent.typeName}/${name}`))
  const refusals: Record<string, string> = {}
  for (const found of gated.flatMap((implementation) => implementation.methods)) {
    const name = `/${found.method.parent.typeName}/${found.method.name}`
    if (answering.includes(name)) continue
    const context = (caller: RpcContext['caller']) => ({ caller, signal: new AbortController().signal, method: name })
    refusals[name] = await refusalOf(() => call(found, context(administrator())))
    const toExecutor = await refusalOf(() => call(found, context({ kind: 'service', id: 'executor' })))
    // Somebody who may not ask at all may be told that first.
    expect({ name, toExecutor }).toEqual({
      name,
      toExecutor: expect.stringMatching(/^(sealed|unauthenticated|permission-denied)$/),
    })
    expect({ name, refusal: refusals[name] }).toEqual({ name, refusal: 'sealed' })
  }
  expect([...Object.keys(refusals), ...answering].sort()).toEqual([...methods].sort())
  expect(gated.map(({ service }) => service.typeName)).toEqual(
    expect.arrayContaining([KeysService.typeName, KeyReleaseService.typeName]),
  )
})

/** Calls a method with an empty message, and waits for the first of its answers where there are several. */
async function call(found: Implementation['methods'][number], context: RpcContext): Promise<unknown> {
  const request = create(found.method.input)
  switch (found.kind) {
    case 'unary':
      return found.handle(request, context)
    case 'server_streaming':
      return found.handle(request, context)[Symbol.asyncIterator]().next()
    default:
      return expect.fail(`${found.method.name} takes a stream: call it here as it wants to be called`)
  }
}

/** May do whatever somebody may do at all. */
function administrator(): RpcContext['caller'] {
  return { kind: 'party', key: publicKeysOf(room.parties.analyst).signing.ed25519 }
}

test('over the wire the refusal is the same, on both ports', async () => {
  expect(await refusalOf(room.shared.from('executor').issueNonce({ runId: `sha256:${'a'.repeat(64)}` }))).toBe('sealed')
  const party = room.shared.asOf(KeysService, room.parties.air)
  expect(await refusalOf(party.getServiceEvidence({ nonce: randomBytes(32) }))).toBe('sealed')
  expect(await refusalOf(room.shared.asOf(SealService, room.parties.analyst).reshare({}))).toBe('sealed')
})

test('who is no administrator does not seal and does not reshare', async () => {
  for (const name of ['air', 'stranger'] as const) {
    const client = room.shared.asOf(SealService, room.parties[name])
    expect(await refusalOf(client.seal({}))).toBe('permission-denied')
    expect(await refusalOf(client.reshare({}))).toBe('permission-denied')
  }
})

test('the log has the id of the key that contributions are sealed to, for those who stand beside the machine', async () => {
  const { unsealKey } = await room.shared.asOf(SealService, room.parties.air).getSealStatus({ nonce: randomBytes(32) })
  const log = await readFile(join(room.folder, 'shared.log'), 'utf8')
  expect(log.split('\n').filter((line) => line.includes(digestId(unsealKey)))).toHaveLength(1)
})
