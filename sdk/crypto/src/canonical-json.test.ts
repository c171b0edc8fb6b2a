import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromUtf8 } from './bytes.ts'
import { canonicalBytes, canonicalize } from './canonical-json.ts'
import { isInteroperableName, isInteroperableNumber, isInteroperableString } from './interoperable-json.ts'
import { parseStrictJson } from './strict-json.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'invalid-argument' })

const interoperable = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, fc.constant(null), fc.boolean(), tie('number'), tie('string'), tie('array'), tie('object')),
  number: fc.oneof(fc.maxSafeInteger(), fc.double()).filter(isInteroperableNumber),
  string: fc.string({ unit: 'binary' }).filter(isInteroperableString),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(fc.string({ unit: 'binary' }).filter(isInteroperableName), tie('value'), { maxKeys: 5 }),
})).value

// RFC 8785 §3.2.2 to §3.2.4, the example; its number 1E30 is one that we refuse.
test('writes the example of RFC 8785', () => {
  const example = String.raw`{"numbers": [333333333.33333329, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`
  expect(canonicalize(parseStrictJson(example))).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  )
})

// RFC 8785 §3.2.3: by UTF-16 code units, where the emoji comes before the Hebrew letter.
test('sorts members by UTF-16 code units', () => {
  const members = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  expect(canonicalize(members)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}')
})

test('what it writes is read back as it was, and is written the same again', () => {
  fc.assert(
    fc.property(interoperable, (value) => {
      const text = canonicalize(value)
      const read = parseStrictJson(text)
      // JSON has one zero.
      expect(read).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalize(read)).toBe(text)
      expect(fromUtf8(canonicalBytes(value))).toBe(text)
    }),
    { numRuns: 500 },
  )
})

test('the order in which members were put in makes no difference', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string().filter(isInteroperableName), fc.nat()), (members) => {
      const reversed = Object.fromEntries(Object.entries(members).reverse())
      expect(canonicalize(reversed)).toBe(canonicalize(members))
    }),
  )
})

class Amount {
  readonly value = 1
}
const cycle: unknown[] = []
cycle.push(cycle)

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['an undefined member', { a: undefined }],
  ['an undefined element', [undefined]],
  ['a hole in an array', new Array(1)],
  ['a function', { a: () => 1 }],
  ['a method that would stand in for the value', { toJSON: () => 'other' }],
  ['a symbol', [Symbol('a')]],
  ['a member named by a symbol', { [Symbol('a')]: 1 }],
  ['a bigint', [1n]],
  ['not-a-number', [Number.NaN]],
  ['infinity', [Number.POSITIVE_INFINITY]],
  ['a whole number that is not exact', [2 ** 53]],
  ['a whole number far beyond', [1e30]],
  ['a lone surrogate', ['\ud800']],
  ['a lone surrogate in a name', { '\udc00': 1 }],
  ['a noncharacter', ['\ufffe']],
  ['the name __proto__', JSON.parse('{"__proto__":1}')],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['bytes', new Uint8Array(1)],
  ['a boxed string', Object('a')],
  ['an instance of a class', new Amount()],
  ['a cycle', cycle],
  ['containers nested too deep', JSON.parse('['.repeat(65) + ']'.repeat(65))],
])('refuses %s', (_, value) => {
  expect(() => canonicalize(value)).toThrow(refused)
  expect(() => canonicalBytes(value)).toThrow(refused)
})

test('takes objects without a prototype, and the same object twice', () => {
  const bare = Object.assign(Object.create(null), { a: 1 }) as unknown
  expect(canonicalize([bare, bare])).toBe('[{"a":1},{"a":1}]')
})
