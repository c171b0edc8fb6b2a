import { expect, it } from 'vitest'
import { heldUntil } from './held-until.ts'

it('everything is held until the first of the holds ends, counted from when it was asked for', () => {
  let now = 1000
  const held = heldUntil(() => now)
  held.note(1000, 30_000)
  held.note(900, 20_000)
  held.note(1000, 50_000)
  now = 20_899
  expect(() => held.requireHeld()).not.toThrow()
  now = 20_900
  expect(() => held.requireHeld()).toThrow(expect.objectContaining({ code: 'deadline-exceeded' }))
})

it('a key service that says it holds for longer than any does is not believed', () => {
  let now = 0
  const held = heldUntil(() => now)
  held.note(0, 2 ** 32 - 1)
  now = 60_000
  expect(() => held.requireHeld()).toThrow(expect.objectContaining({ code: 'deadline-exceeded' }))
})

it('what nobody holds does not end', () => {
  expect(() => heldUntil(() => 1e12).requireHeld()).not.toThrow()
})
