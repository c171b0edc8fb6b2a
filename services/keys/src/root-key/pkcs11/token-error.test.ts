import { ReinraumError } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { isSessionLost, returnValueOf, tokenError } from './token-error.ts'

test('a return value is read from either form in which the binding gives it', () => {
  expect(returnValueOf(Object.assign(new Error('CKR_PIN_LOCKED'), { code: 164 }))).toBe(164)
  expect(returnValueOf(new Error('CKR_SESSION_HANDLE_INVALID:179'))).toBe(179)
  expect(returnValueOf(new Error('a disk is full:28'))).toBeUndefined()
  expect(returnValueOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBeUndefined()
  expect(returnValueOf('CKR_PIN_LOCKED:164')).toBeUndefined()
})

test.each([
  [160, 'unauthenticated'],
  [163, 'permission-denied'],
  [164, 'permission-denied'],
  [258, 'permission-denied'],
  [256, 'conflict'],
  [112, 'unsupported'],
  [50, 'unavailable'],
  [179, 'unavailable'],
  [5, 'unavailable'],
  [0x80000001, 'unavailable'],
])('%d means %s, in words that are not the module’s', (value, code) => {
  const said = tokenError(new Error(`CKR_OF_A_VENDOR:${value}`))
  expect(said.code).toBe(code)
  expect(said.message).not.toMatch(/CKR|VENDOR|\d/)
})

test('whatever else fails becomes one of our codes too, and our own errors stay what they are', () => {
  expect(tokenError(new TypeError('Argument 2 has wrong type')).message).not.toContain('Argument')
  const own = new ReinraumError('not-found', 'there is none')
  expect(tokenError(own)).toBe(own)
})

test('a general failure is no lost session', () => {
  expect([5, 6, 48, 160, 274].some((value) => isSessionLost(new Error(`CKR_X:${value}`)))).toBe(false)
  expect([50, 96, 176, 179, 224, 257, 400].every((value) => isSessionLost(new Error(`CKR_X:${value}`)))).toBe(true)
})
