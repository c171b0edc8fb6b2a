import { expect, it } from 'vitest'
import { byDigest, rememberHolding } from './by-digest.ts'

function counting(limits = { each: 8, all: 16 }) {
  const read: string[] = []
  const lookup = byDigest((bytes) => {
    read.push(Buffer.from(bytes).toString('hex'))
    if (bytes[0] === 0) throw new TypeError('unreadable')
    return { bytes }
  }, limits)
  return { read, lookup }
}

it('the same bytes are read once, and other bytes are other bytes', () => {
  const { read, lookup } = counting()
  const first = lookup(Uint8Array.of(1, 2))
  expect(lookup(Uint8Array.of(1, 2))).toBe(first)
  expect(lookup(Uint8Array.of(1, 3))).not.toBe(first)
  expect(read).toEqual(['0102', '0103'])
})

it('what the caller does to its bytes later changes nothing that is remembered', () => {
  const { lookup } = counting()
  const mine = Buffer.from([1, 2])
  const first = lookup(mine)
  mine.fill(9)
  expect(first?.bytes).toEqual(Uint8Array.of(1, 2))
  expect(lookup(mine)?.bytes).toEqual(Uint8Array.of(9, 9))
})

it('what cannot be read is not remembered, and what is too long is not read', () => {
  const { read, lookup } = counting()
  expect([lookup(Uint8Array.of(0)), lookup(Uint8Array.of(0))]).toEqual([null, null])
  expect(lookup(new Uint8Array(9))).toBeNull()
  expect(lookup(7 as unknown as Uint8Array)).toBeNull()
  expect(read).toEqual(['00', '00'])
})

it('so many bytes are remembered and no more: the oldest go', () => {
  const { read, lookup } = counting()
  for (const first of [1, 2, 3]) lookup(new Uint8Array(8).fill(first))
  lookup(new Uint8Array(8).fill(3))
  lookup(new Uint8Array(8).fill(1))
  expect(read.map((hex) => hex.slice(0, 2))).toEqual(['01', '02', '03', '01'])
})

it('a signature that holds is verified once, one that does not each time, and one of another issuer too', () => {
  const [signed, issuer, other] = [{ name: 'signed' }, { name: 'issuer' }, { name: 'other' }]
  const verified: string[] = []
  let answer = false
  const holds = rememberHolding((_: { name: string }, by: { name: string }) => {
    verified.push(by.name)
    return answer
  })
  expect([holds(signed, issuer), holds(signed, issuer)]).toEqual([false, false])
  answer = true
  expect(holds(signed, issuer)).toBe(true)
  answer = false
  expect([holds(signed, issuer), holds(signed, other)]).toEqual([true, false])
  expect(verified).toEqual(['issuer', 'issuer', 'issuer', 'other'])
})
