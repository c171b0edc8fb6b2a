import serialise from 'canonicalize'
import { utf8 } from './bytes.ts'
import { defaultMaxDepth, isInteroperableName, isInteroperableNumber, isInteroperableString } from './interoperable-json.ts'
import { ReinraumError } from './reinraum-error.ts'

/**
 * Canonical JSON (RFC 8785). Refuses, with `invalid-argument`, whatever the serialiser would drop, convert or write in
 * a form that `parseStrictJson` refuses: undefined, functions, symbols, bigints, numbers that are not interoperable,
 * lone surrogates, instances of classes, cycles.
 */
export function canonicalize(value: unknown): string {
  requireJson(value, 0)
  const text = serialise(value)
  if (text === undefined) throw notJson('is not JSON')
  return text
}

/** Canonical JSON as UTF-8: the bytes that are signed and hashed. */
export function canonicalBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8(canonicalize(value))
}

function requireJson(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'boolean':
      return
    case 'number':
      if (!isInteroperableNumber(value)) throw notJson('holds a number that a double cannot hold exactly')
      return
    case 'string':
      if (!isInteroperableString(value)) throw notJson('holds text that is not interoperable Unicode')
      return
    case 'object':
      if (value !== null) requireContainer(value, depth + 1)
      return
    default:
      throw notJson(`holds a value of type ${typeof value}`)
  }
}

function requireContainer(value: object, depth: number): void {
  // Bounds the recursion, and with it ends every cycle.
  if (depth > defaultMaxDepth) throw notJson(`is nested deeper than ${defaultMaxDepth}`)
  if (Array.isArray(value)) {
    // By index, so that a hole is seen as undefined.
    for (let index = 0; index < value.length; index += 1) requireJson(value[index], depth)
    return
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) throw notJson('holds an instance of a class')
  if (Object.getOwnPropertySymbols(value).length > 0) throw notJson('holds a member named by a symbol')
  for (const [name, member] of Object.entries(value)) {
    if (!isInteroperableName(name)) throw notJson('holds a member name that is not interoperable')
    requireJson(member, depth)
  }
}

function notJson(what: string): ReinraumError {
  return new ReinraumError('invalid-argument', `the value to canonicalise ${what}`)
}
