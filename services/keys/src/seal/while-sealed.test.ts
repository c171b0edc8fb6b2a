import { create } from '@bufbuild/protobuf'
import { randomBytes } from '@reinraum/crypto'
import { KeyReleaseService, KeysService, SealService } from '@reinraum/proto'
import type { Implementation, RpcContext } from '@reinraum/rpc'
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

test('every method of both ports is refused, whoever calls it, but those of the seal', async () => {
  const { parties, services } = portsOf(room.shared.service)
  const served: readonly Implementation[] = [...parties.services, ...services.services]
  const gated = served.filter(({ service }) => service.typeName !== SealService.typeName)
  // By their descriptions, so that a method that comes later is not forgotten.
  const methods = gated.flatMap(({ service }) => service.methods.map(({ parent, name }) => `/${parent.typeName}/${name}`))
  const refusals: Record<string, string> = {}
  for (const found of gated.flatMap((implementation) => implementation.methods)) {
    const name = `/${found.method.parent.typeName}/${found.method.name}`
    if (found.kind !== 'unary') return expect.fail(`${name} streams: call it here as it wants to be called`)
    for (const caller of callers()) {
      const context: RpcContext = { caller, signal: new AbortController().signal, method: name }
      refusals[name] = await refusalOf(found.handle(create(found.method.input), context))
      expect({ name, refusal: refusals[name] }).toEqual({ name, refusal: 'sealed' })
    }
  }
  expect(Object.keys(refusals).sort()).toEqual([...methods].sort())
  expect(gated.map(({ service }) => service.typeName)).toEqual(
    expect.arrayContaining([KeysService.typeName, KeyReleaseService.typeName]),
  )
})

function callers(): readonly RpcContext['caller'][] {
  const { ed25519 } = publicKeysOf(room.parties.analyst).signing
  return [
    { kind: 'service', id: 'executor' },
    { kind: 'party', key: ed25519 },
  ]
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
