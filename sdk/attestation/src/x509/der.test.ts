import { toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { integerContent, readChildren, readDer, readOid, readSequence, readTime, tags } from './der.ts'

const der = (hex: string) => readDer(Buffer.from(hex, 'hex'))

describe('an element is read in its only form', () => {
  it.each([
    ['nothing', ''],
    ['a tag without a length', '30'],
    ['a short length in the long form', '30810201ff'],
    ['a length with a leading zero', `3082000a${'00'.repeat(10)}`],
    ['a length of no octets (BER, indefinite)', '308002010100'],
    ['an indefinite length with its end', '30800201010000'],
    ['a length of five octets', '308500000000010a'],
    ['a length beyond the end', '300501'],
    ['an element too long by an octet', '300301010000'],
    ['a tag of several octets', '3f8101020101'],
    ['a tag of several octets that would fit one', '1f1e0101'],
  ])('%s is refused', (_, hex) => expect(() => der(hex)).toThrow())

  it.each([127, 128, 255, 256, 32_767, 32_768, 40_000, 65_536])('a length of %i is read', (length) => {
    const octets =
      length < 128
        ? [length]
        : [...Buffer.from(length.toString(16).padStart(length < 256 ? 2 : length < 65_536 ? 4 : 6, '0'), 'hex')]
    const header = length < 128 ? octets : [0x80 | octets.length, ...octets]
    const bytes = Uint8Array.from([0x04, ...header, ...new Uint8Array(length)])
    expect(readDer(bytes).element.value.length).toBe(length)
    expect(() => readDer(Uint8Array.from([...bytes, 0]))).toThrow('bytes are left')
  })

  it('also where it stands in another', () => {
    expect(readSequence(der('30060201010201ff'))).toHaveLength(2)
    expect(() => readSequence(der('300502810101ff'))).toThrow('only form')
    expect(() => readSequence(der('310302010a'))).toThrow('another kind')
    expect(() => readChildren(der('30040201'.concat('0000')))).toThrow()
  })
})

it('an integer has no octet that says nothing', () => {
  expect(toHex(integerContent(der('02020080')))).toBe('0080')
  expect(toHex(integerContent(der('0a0105'), tags.enumerated))).toBe('05')
  for (const padded of ['0200', '0202007f', '0202ff80']) expect(() => integerContent(der(padded))).toThrow()
  expect(() => integerContent(der('0a0105'))).toThrow('another kind')
})

it('an object identifier and a time are what they say', () => {
  expect(readOid(der('060a2a864886f84d010d0101'))).toBe('1.2.840.113741.1.13.1.1')
  expect(() => readOid(der('0603550480'))).toThrow()
  expect(readTime(der('170d3234303632393137303530375a'))).toEqual(new Date('2024-06-29T17:05:07Z'))
  expect(readTime(der('180f32303530303632393137303530375a'))).toEqual(new Date('2050-06-29T17:05:07Z'))
  for (const wrong of [
    '170b323430363239313730355a',
    '170d3234313332393137303530375a',
    '170d32343036323931373035303720',
    '1700',
  ]) {
    expect(() => readTime(der(wrong))).toThrow()
  }
})
