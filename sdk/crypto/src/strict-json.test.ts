import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { isInteroperableName, isInteroperableNumber, isInteroperableString } from './interoperable-json.ts'
import { parseStrictJson } from './strict-json.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'invalid-statement' })
const whitespace = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 })

/** Whether I-JSON allows a value that JSON allows. */
function isInteroperable(value: unknown): boolean {
  if (typeof value === 'number') return isInteroperableNumber(value)
  if (typeof value === 'string') return isInteroperableString(value)
  if (Array.isArray(value)) return value.every(isInteroperable)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => isInteroperableName(name) && isInteroperable(member))
}

function attempt<T>(read: () => T): { value: T } | undefined {
  try {
    return { value: read() }
  } catch {
    return undefined
  }
}

describe('beside JSON.parse', () => {
  test('reads every interoperable value the same, whatever white space is around it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }), whitespace, fc.nat(3), (value, around, indent) => {
        const text = `${around}${JSON.stringify(value, null, indent)}${around}`
        if (!isInteroperable(value)) expect(() => parseStrictJson(text)).toThrow(refused)
        else {
          expect(parseStrictJson(text)).toEqual(JSON.parse(text))
          expect(parseStrictJson(utf8(text))).toEqual(JSON.parse(text))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('reads nothing that JSON.parse refuses, and nothing differently', () => {
    const words = String.raw`{ } [ ] , : "a" "b" "\u0061" " \ \u d800 1 - 0 .5 e9 + true null NaN ' // 9007199254740993`
    const tokens = [...words.split(' '), ' ', '\n', '\u00a0', '\ufeff', '\0']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 9 }), (parts) => {
        const text = parts.join('')
        const [ours, theirs] = [attempt(() => parseStrictJson(text)), attempt(() => JSON.parse(text) as unknown)]
        if (ours !== undefined) expect(ours).toEqual(theirs)
      }),
      { numRuns: 10_000 },
    )
  })

  test('reads or refuses a changed text as JSON.parse does, where no rule of I-JSON is broken', () => {
    const change = fc.record({ place: fc.nat(), text: fc.string({ maxLength: 2 }) })
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), change, (value, { place, text: put }) => {
        const whole = JSON.stringify(value)
        const at = place % (whole.length + 1)
        const text = whole.slice(0, at) + put + whole.slice(at + 1)
        const [ours, theirs] = [attempt(() => parseStrictJson(text)), attempt(() => JSON.parse(text) as unknown)]
        if (theirs === undefined) expect(ours).toBeUndefined()
        else if (ours !== undefined) expect(ours).toEqual(theirs)
        // Ours alone refused: only for what is not interoperable, or for a duplicate, which JSON.parse swallows.
        else expect(isInteroperable(theirs.value) && JSON.stringify(theirs.value) === text).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('refuses', () => {
  test.each([
    ['a duplicate name', '{"a":1,"a":1}'],
    ['a duplicate name in other letters', '{"a":1,"\\u0061":2}'],
    ['a duplicate name deep inside', '[{"x":{"a":1,"b":2,"a":3}}]'],
    ['the name __proto__', '{"__proto__":{"admin":true}}'],
    ['the name __proto__ in other letters', '{"\\u005f_proto__":1}'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate in a name', '{"\\udc00":1}'],
    ['surrogates the wrong way round', '"\\udc00\\ud800"'],
    ['a noncharacter', '"\\uffff"'],
    ['a whole number that is not exact', '9007199254740993'],
    ['the same, negative', '-9007199254740992'],
    ['the same, written with an exponent', '1e16'],
    ['a number without a double', '1e999'],
    ['a leading zero', '01'],
    ['a leading plus', '+1'],
    ['a number without digits', '[-]'],
    ['a fraction without digits', '1.'],
    ['text after the value', '{} {}'],
    ['a comma before the end of an array', '[1,]'],
    ['a comma before the end of an object', '{"a":1,}'],
    ['a control character', '"a\tb"'],
    ['an unknown escape', '"\\x41"'],
    ['a cut escape', '"\\u12"'],
    ['a string that does not end', '"abc'],
    ['a string that ends in a backslash', '"abc\\'],
    ['a byte order mark', '\ufeff{}'],
    ['a space that is none of the four', '\u00a01'],
    ['an empty text', ''],
    ['nothing but white space', ' \n'],
    ['a comment', '{}//'],
    ['an object that does not end', '{"a":1'],
    ['a name without quotes', '{a:1}'],
  ])('%s', (_, text) => {
    expect(() => parseStrictJson(text)).toThrow(refused)
    expect(() => parseStrictJson(new TextEncoder().encode(text))).toThrow(refused)
  })

  test('bytes that are not UTF-8, and a string with a lone surrogate in it', () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(refused)
    expect(() => parseStrictJson('"\ud800"')).toThrow(refused)
  })

  test('more bytes than allowed, counted in UTF-8', () => {
    const text = JSON.stringify('é'.repeat(10))
    expect(parseStrictJson(text, { maxBytes: 22 })).toBe('é'.repeat(10))
    expect(() => parseStrictJson(text, { maxBytes: 21 })).toThrow(refused)
    expect(() => parseStrictJson(utf8(text), { maxBytes: 21 })).toThrow(refused)
    // Before anything is decoded.
    expect(() => parseStrictJson(new Uint8Array(22).fill(0xff), { maxBytes: 21 })).toThrow('longer than 21 bytes')
    expect(() => parseStrictJson(`"${'a'.repeat(4 * 1024 * 1024)}"`)).toThrow(refused)
  })

  test('containers nested deeper than allowed, long before the stack ends', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(parseStrictJson(nested(64))).toHaveLength(1)
    expect(() => parseStrictJson(nested(65))).toThrow(refused)
    expect(() => parseStrictJson('{"a":'.repeat(100_000))).toThrow(refused)
    expect(parseStrictJson('[{"a":[]}]', { maxDepth: 3 })).toEqual([{ a: [] }])
    expect(() => parseStrictJson('[{"a":[[]]}]', { maxDepth: 3 })).toThrow(refused)
  })
})

test('names like those of every object are plain members', () => {
  const text = '{"constructor":1,"toString":2,"hasOwnProperty":3,"prototype":4}'
  expect(JSON.stringify(parseStrictJson(text))).toBe(text)
})

test('a refusal names the position and nothing of the content', () => {
  expect(() => parseStrictJson('{"canary":"canary","canary":1}')).toThrow(
    /^JSON refused at character 19: a duplicate member name$/,
  )
})

// What took time that grows with the square of the length would run into the limit of every test.
test('hostile texts of megabytes are read or refused soon', () => {
  for (const text of [
    '"\\u0061'.repeat(500_000),
    `"${'\\\\'.repeat(1_000_000)}`,
    '1'.repeat(3_000_000),
    `${' '.repeat(3_000_000)}x`,
  ]) {
    expect(() => parseStrictJson(text)).toThrow(refused)
  }
  const wide = `{${Array.from({ length: 200_000 }, (_, index) => `"k${index}":${index}`).join(',')}}`
  expect(Object.keys(parseStrictJson(wide) as object)).toHaveLength(200_000)
})
