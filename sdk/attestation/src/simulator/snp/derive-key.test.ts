import { beforeAll, expect, test } from 'vitest'
import { simulatedDerivedKey } from './derive-key.ts'
import { createSimulatedPlatform, type SimulatedPlatform } from './platform.ts'

const guest = { measurement: 'ab'.repeat(48), purpose: 'a key of keys' }
let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createSimulatedPlatform({ modulusLength: 2048 })
})

test('the same code on the same chip gets the same key for the same purpose', () => {
  const key = simulatedDerivedKey(platform, guest)
  expect(key).toHaveLength(32)
  expect(simulatedDerivedKey(structuredClone(platform), { ...guest })).toEqual(key)
})

test('other code, another chip and another purpose get other keys', async () => {
  const another = await createSimulatedPlatform({ modulusLength: 2048 })
  const keys = [
    simulatedDerivedKey(platform, guest),
    simulatedDerivedKey(platform, { ...guest, measurement: `ac${'ab'.repeat(47)}` }),
    simulatedDerivedKey(platform, { ...guest, purpose: 'another' }),
    simulatedDerivedKey(another, guest),
  ]
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(4)
})

test.each(['', 'ab', 'ab'.repeat(32)])('%j is no measurement to derive from', (measurement) => {
  expect(() => simulatedDerivedKey(platform, { ...guest, measurement })).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
})
