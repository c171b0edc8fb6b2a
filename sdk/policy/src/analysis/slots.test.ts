import { expect, test } from 'vitest'
import { Refusal } from '../reasons.ts'
import { slots } from '../testing/slots.ts'
import { readSlots, type SlotInput } from './slots.ts'

const given = (): SlotInput => structuredClone(slots.find((slot) => slot.id === 'patients') ?? expect.fail('no patients'))

test('a slot that changes is read as it is now', () => {
  const slot = given()
  expect(readSlots([slot])[0]?.rule.output.minimumGroupSize).toBe(slot.rule.output.minimumGroupSize)
  Object.assign(slot.rule.output, { minimumGroupSize: 77 })
  expect(readSlots([slot])[0]?.rule.output.minimumGroupSize).toBe(77)
})

test('what was read of a slot cannot be changed for whoever asks next', () => {
  const [slot] = readSlots([given()])
  expect(() => Object.assign(slot?.rule.output ?? {}, { minimumGroupSize: 2 })).toThrow(TypeError)
  expect(readSlots([given()])[0]).toEqual(slot)
})

test('a slot that is wrong is refused each time, and so is what is no JSON', () => {
  const wrong = { ...given(), id: 'no slot' }
  for (let i = 0; i < 2; i++) expect(() => readSlots([wrong])).toThrow(Refusal)
  expect(() => readSlots([{ ...given(), id: 1n as unknown as string }])).toThrow('no JSON')
})

test('rows per unit are a positive integer, or nothing is stated', () => {
  expect(readSlots([given()])[0]?.rowsPerUnit).toBe(null)
  expect(readSlots([{ ...given(), rowsPerUnit: 3 }])[0]?.rowsPerUnit).toBe(3)
  for (const rowsPerUnit of [0, -1, 1.5, Number.NaN, 2 ** 60, '1', null]) {
    expect(() => readSlots([{ ...given(), rowsPerUnit: rowsPerUnit as number }])).toThrow(Refusal)
  }
})
