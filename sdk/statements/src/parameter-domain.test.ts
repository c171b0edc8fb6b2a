import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assertQueryConsistent } from './consistency/query.ts'
import type { Parameter, Query } from './kinds/query.ts'
import { parameterInDomain } from './parameter-domain.ts'
import { refusalOf } from './testing/refusal.ts'
import { queryOf } from './testing/room.ts'

const range = (type: Parameter['type'], minimum: string | number, maximum: string | number): Parameter => ({
  name: 'p',
  type,
  domain: { minimum, maximum },
})
const set = (type: Parameter['type'], ...values: (string | number | boolean)[]): Parameter => ({
  name: 'p',
  type,
  domain: { values },
})

describe('a value in its domain', () => {
  test('a range includes its ends, and numbers compare as numbers', () => {
    const p = range('BIGINT', 2, 10)
    expect([1, 2, 9, 10, 11].map((v) => parameterInDomain(p, v))).toEqual([false, true, true, true, false])
    expect(parameterInDomain(range('DOUBLE', -1.5, 1e300), 9)).toBe(true)
  })

  test('a value of another type is outside, and nothing is converted', () => {
    expect(
      ['5', true, null, undefined, 5.5, Number.NaN, 2 ** 53, [5], {}].map((v) =>
        parameterInDomain(range('BIGINT', 0, 10 ** 9), v),
      ),
    ).toEqual(Array.from({ length: 9 }, () => false))
    expect([Number.POSITIVE_INFINITY, Number.NaN, '1'].map((v) => parameterInDomain(range('DOUBLE', 0, 1e308), v))).toEqual([
      false,
      false,
      false,
    ])
    expect([1, true].map((v) => parameterInDomain(range('VARCHAR', 'a', 'z'), v))).toEqual([false, false])
    expect(['true', 1, 0].map((v) => parameterInDomain(set('BOOLEAN', true, false), v))).toEqual([false, false, false])
  })

  test('a value of a set is one of it, letter by letter', () => {
    const p = set('VARCHAR', 'Texas', 'Ohio')
    expect(['Texas', 'texas', 'Texas ', 'Tex', ''].map((v) => parameterInDomain(p, v))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ])
    expect([true, false].map((v) => parameterInDomain(set('BOOLEAN', true), v))).toEqual([true, false])
    // é as one code point and as two
    expect(parameterInDomain(set('VARCHAR', '\u00e9'), 'e\u0301')).toBe(false)
  })

  test('strings compare by code point, not by UTF-16 unit', () => {
    expect(parameterInDomain(range('VARCHAR', '\uff5e', '\u{10ffff}'), '\u{1f600}')).toBe(true)
    expect(parameterInDomain(range('VARCHAR', 'a', '\uff5e'), '\u{1f600}')).toBe(false)
    expect(parameterInDomain(range('VARCHAR', 'a', 'b'), 'ba')).toBe(false)
    expect(parameterInDomain(range('VARCHAR', 'a', 'b'), 'a')).toBe(true)
    expect(parameterInDomain(range('VARCHAR', 'a', 'b'), '\ud800')).toBe(false)
  })

  test('a date is one of the calendar, in ISO form', () => {
    const p = range('DATE', '0001-01-01', '9999-12-31')
    const days = ['2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31']
    const others = [
      '2023-02-29',
      '1900-02-29',
      '2024-04-31',
      '2024-13-01',
      '2024-00-10',
      '2024-01-00',
      '0000-01-01',
      '24-01-01',
      '2024-1-1',
      '2024-01-01T00:00:00Z',
      ' 2024-01-01',
      '2024-01-01\n',
      '+002024-01-01',
      'today',
      '',
      '２０２４-01-01',
    ]
    expect(days.filter((d) => parameterInDomain(p, d))).toEqual(days)
    expect(others.filter((d) => parameterInDomain(p, d))).toEqual([])
  })

  test('any string is in the range between itself and any greater one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const [low, high] = Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0 ? [a, b] : [b, a]
        // UTF-8 keeps the order of code points.
        return parameterInDomain(range('VARCHAR', low, high), low) && parameterInDomain(range('VARCHAR', low, high), high)
      }),
    )
  })
})

describe('a query', () => {
  const refused = (change: Partial<Query>) =>
    refusalOf(() => assertQueryConsistent({ ...queryOf(`sha256:${'0'.repeat(64)}`), ...change }))

  test('with slots out of order or twice is refused', async () => {
    expect(await refused({ slots: ['strikes', 'flights'] })).toBe('invalid-statement')
    expect(await refused({ slots: ['strikes', 'strikes'] })).toBe('invalid-statement')
  })

  test('with a domain that makes no sense is refused', async () => {
    for (const parameter of [
      range('BIGINT', 10, 1),
      range('BIGINT', 1.5, 2),
      range('DATE', '2024-01-01', '2024-02-30'),
      range('VARCHAR', 1, 2),
      set('DATE', 'today'),
      set('BOOLEAN', 'true'),
      { name: 'p', type: 'BOOLEAN', domain: { minimum: false, maximum: true } } as Parameter,
    ]) {
      expect([parameter, await refused({ parameters: [parameter] })]).toEqual([parameter, 'invalid-statement'])
    }
  })

  test('with two parameters of one name is refused', async () => {
    expect(await refused({ parameters: [set('BIGINT', 1), set('BIGINT', 2)] })).toBe('invalid-statement')
  })
})
