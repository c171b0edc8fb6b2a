import { KeysService, SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agreeAndImport } from './testing/agreement.ts'
import { type Room, startRoom } from './testing/room.ts'
import { identitiesOf } from './testing/workload.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

test('one caller tries to unseal five times, and then has to wait; another is not held up by it', async () => {
  const attempt = (party: 'air' | 'bird') => {
    const client = room.shared.asOf(SealService, room.parties[party])
    return refusalOf(() => client.unseal({ sealedContribution: new Uint8Array([0x7b, 0x7d]) }))
  }
  for (let i = 0; i < 5; i += 1) expect(await attempt('air')).toBe('suite-unsupported')
  expect(await attempt('air')).toBe('resource-exhausted')
  expect(await attempt('bird')).toBe('suite-unsupported')
})

test('a request that is longer than anything its method takes is refused before it is read', async () => {
  const bird = room.shared.asOf(KeysService, room.parties.bird)
  const describeKey = (keyId: string) => refusalOf(() => bird.describeKey({ contractId: 'x', keyId }))
  expect(await describeKey('k'.repeat(2000))).toBe('resource-exhausted')
  expect(await describeKey('k')).toBe('invalid-argument')
})

test('one caller asks for sixty nonces of identities at once, and no more', async () => {
  const { id: contractId } = await agreeAndImport(room)
  const client = identitiesOf(room.shared)
  const asked = await Promise.allSettled(Array.from({ length: 63 }, () => client.issueIdentityNonce({ contractId })))
  const issued = asked.filter(({ status }) => status === 'fulfilled').length
  expect(issued).toBeGreaterThanOrEqual(60)
  expect(issued).toBeLessThan(63)
})
