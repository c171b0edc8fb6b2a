import { fromUtf8, utf8 } from './bytes.ts'
import {
  defaultMaxDepth,
  isInteroperableName,
  isInteroperableNumber,
  isInteroperableString,
  type JsonValue,
} from './interoperable-json.ts'
import { ReinraumError } from './reinraum-error.ts'

/** Bounds of one document: bytes of UTF-8, and containers inside containers. */
export interface StrictJsonLimits {
  readonly maxBytes?: number
  readonly maxDepth?: number
}

const defaultMaxBytes = 4 * 1024 * 1024

/** RFC 8259 §6, at the position of the cursor. */
const numberLiteral = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

interface Cursor {
  readonly text: string
  readonly maxDepth: number
  at: number
}

/**
 * Reads I-JSON (RFC 7493), the same way for every reader: duplicate names, lone surrogates, noncharacters, whole
 * numbers outside ±(2^53 − 1), a byte order mark and the name `__proto__` are refused. Defaults: 4 MiB, 64 levels.
 * Throws `invalid-statement` naming the position and never the content.
 */
export function parseStrictJson(input: Uint8Array | string, limits: StrictJsonLimits = {}): JsonValue {
  const cursor: Cursor = {
    text: boundedText(input, limits.maxBytes ?? defaultMaxBytes),
    maxDepth: limits.maxDepth ?? defaultMaxDepth,
    at: 0,
  }
  skipWhitespace(cursor)
  const value = readValue(cursor, 0)
  skipWhitespace(cursor)
  if (cursor.at !== cursor.text.length) throw refuse(cursor, 'text after the value')
  return value
}

function boundedText(input: Uint8Array | string, maxBytes: number): string {
  // A string has at most as many code units as bytes, so that nothing too long is ever encoded or decoded.
  if (input.length > maxBytes) throw tooLong(maxBytes)
  let text: string
  let byteLength: number
  try {
    text = typeof input === 'string' ? input : fromUtf8(input)
    byteLength = typeof input === 'string' ? utf8(input).length : input.length
  } catch (cause) {
    throw new ReinraumError('invalid-statement', 'JSON is not UTF-8', { cause })
  }
  if (byteLength > maxBytes) throw tooLong(maxBytes)
  return text
}

function tooLong(maxBytes: number): ReinraumError {
  return new ReinraumError('invalid-statement', `JSON is longer than ${maxBytes} bytes`)
}

function readValue(cursor: Cursor, depth: number): JsonValue {
  switch (cursor.text[cursor.at]) {
    case '{':
      return readObject(cursor, depth + 1)
    case '[':
      return readArray(cursor, depth + 1)
    case '"':
      return readString(cursor)
    case 't':
      return readWord(cursor, 'true', true)
    case 'f':
      return readWord(cursor, 'false', false)
    case 'n':
      return readWord(cursor, 'null', null)
    default:
      return readNumber(cursor)
  }
}

function readObject(cursor: Cursor, depth: number): JsonValue {
  enter(cursor, depth)
  const members: Record<string, JsonValue> = {}
  if (take(cursor, '}')) return members
  do {
    skipWhitespace(cursor)
    if (cursor.text[cursor.at] !== '"') throw refuse(cursor, 'a member name was expected')
    const start = cursor.at
    const name = readString(cursor)
    if (!isInteroperableName(name)) throw refuse({ ...cursor, at: start }, 'a member name that is not allowed')
    if (Object.hasOwn(members, name)) throw refuse({ ...cursor, at: start }, 'a duplicate member name')
    if (!take(cursor, ':')) throw refuse(cursor, 'a colon was expected')
    skipWhitespace(cursor)
    members[name] = readValue(cursor, depth)
  } while (take(cursor, ','))
  if (!take(cursor, '}')) throw refuse(cursor, 'a comma or the end of an object was expected')
  return members
}

function readArray(cursor: Cursor, depth: number): JsonValue {
  enter(cursor, depth)
  const elements: JsonValue[] = []
  if (take(cursor, ']')) return elements
  do {
    skipWhitespace(cursor)
    elements.push(readValue(cursor, depth))
  } while (take(cursor, ','))
  if (!take(cursor, ']')) throw refuse(cursor, 'a comma or the end of an array was expected')
  return elements
}

function readString(cursor: Cursor): string {
  const start = cursor.at
  let escaped = false
  for (let at = start + 1; at < cursor.text.length; at += 1) {
    const code = cursor.text.charCodeAt(at)
    if (code === 0x22) {
      cursor.at = at + 1
      const value = escaped ? decodeEscapes(cursor, start) : cursor.text.slice(start + 1, at)
      if (!isInteroperableString(value)) throw refuse({ ...cursor, at: start }, 'text that is not interoperable Unicode')
      return value
    }
    if (code < 0x20) throw refuse({ ...cursor, at }, 'a control character in a string')
    if (code === 0x5c) {
      escaped = true
      at += 1
    }
  }
  throw refuse({ ...cursor, at: start }, 'a string without an end')
}

function decodeEscapes(cursor: Cursor, start: number): string {
  try {
    // One literal whose extent is known: the engine's own reader knows every escape.
    return JSON.parse(cursor.text.slice(start, cursor.at)) as string
  } catch {
    throw refuse({ ...cursor, at: start }, 'an escape that does not exist')
  }
}

function readNumber(cursor: Cursor): number {
  numberLiteral.lastIndex = cursor.at
  const literal = numberLiteral.exec(cursor.text)?.[0]
  if (literal === undefined) throw refuse(cursor, 'a value was expected')
  const value = Number(literal)
  if (!isInteroperableNumber(value)) throw refuse(cursor, 'a number that a double cannot hold exactly')
  cursor.at += literal.length
  return value
}

function readWord<T extends JsonValue>(cursor: Cursor, word: string, value: T): T {
  if (!cursor.text.startsWith(word, cursor.at)) throw refuse(cursor, 'a value was expected')
  cursor.at += word.length
  return value
}

function enter(cursor: Cursor, depth: number): void {
  if (depth > cursor.maxDepth) throw refuse(cursor, `nested deeper than ${cursor.maxDepth}`)
  cursor.at += 1
}

/** Consumes `character` after any white space, or nothing but the white space. */
function take(cursor: Cursor, character: string): boolean {
  skipWhitespace(cursor)
  if (cursor.text[cursor.at] !== character) return false
  cursor.at += 1
  return true
}

function skipWhitespace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    cursor.at += 1
  }
}

function refuse(cursor: Cursor, what: string): ReinraumError {
  return new ReinraumError('invalid-statement', `JSON refused at character ${cursor.at}: ${what}`)
}
