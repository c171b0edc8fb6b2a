import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { randomBytes, utf8 } from './bytes.ts'
import { toHex } from './hex.ts'
import { keyCheckValue } from './key-check.ts'

const key = new Uint8Array(32).fill(7)
const context = utf8('a dataset version')

test('a key check is HKDF-Expand of the key under a label of its own, computed here by other means', () => {
  const expanded = createHmac('sha512', key).update('reinraum/key-check/v1\n').update(context).update(Uint8Array.of(1)).digest()
  expect(toHex(keyCheckValue(key, context))).toBe(expanded.toString('hex', 0, 32))
  expect(keyCheckValue(Buffer.from(key), context)).toEqual(keyCheckValue(key, context))
})

test('it is another for another key, and for another place', () => {
  const values = [keyCheckValue(key, context), keyCheckValue(randomBytes(32), context), keyCheckValue(key, utf8('another'))]
  for (let bit = 0; bit < 256; bit += 1) {
    const other = Uint8Array.from(key)
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    values.push(keyCheckValue(other, context))
  }
  expect(new Set(values.map(toHex))).toHaveLength(values.length)
  expect(values.every((value) => value.length === 32)).toBe(true)
})

test('only a whole data key has one', () => {
  for (const length of [0, 31, 33]) {
    expect(() => keyCheckValue(new Uint8Array(length), context)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
