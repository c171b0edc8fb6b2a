import { expect, it } from 'vitest'
import { isValidXfam, parseTdAttributes } from './td-attributes.ts'

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}
const names = { debug: 0, septVeDisable: 28, migratable: 29, pks: 30, perfmon: 63 } as const
/** of no rule here, and of no harm */
const harmless = [27, 31]

it.each(Object.entries(names))('%s is bit %i', (name, bit) => {
  const none = Object.fromEntries(Object.keys(names).map((other) => [other, other === name]))
  expect(parseTdAttributes(u64(1n << BigInt(bit)))).toEqual({ ...none, unknown: false })
})

it('every other bit is unknown', () => {
  const defined: number[] = [...Object.values(names), ...harmless]
  for (let bit = 0; bit < 64; bit += 1) {
    expect([bit, parseTdAttributes(u64(1n << BigInt(bit))).unknown]).toEqual([bit, !defined.includes(bit)])
  }
})

it('XFAM has x87 and SSE, and nothing that a module does not keep for a TD', () => {
  for (const real of [0x642e7n, 0x618e7n, 0x602e7n, 0x600e7n, 0xe7n, 0x61ae7n, 0x207n]) expect(isValidXfam(u64(real))).toBe(true)
  for (const missing of [0x0n, 0x1n, 0x2n, 0xe4n]) expect(isValidXfam(u64(missing))).toBe(false)
  const kept = [2, 5, 6, 7, 8, 9, 11, 12, 14, 15, 17, 18]
  for (let bit = 2; bit < 64; bit += 1) {
    expect([bit, isValidXfam(u64(3n | (1n << BigInt(bit))))]).toEqual([bit, kept.includes(bit)])
  }
})
