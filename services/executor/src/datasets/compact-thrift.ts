/** Of one struct: number of the field → value. Whoever wrote it chose what is there, and its type. */
export type Fields = readonly unknown[]

/** How deep a footer nests: FileMetaData, SchemaElement, LogicalType, TimestampType, TimeUnit, MicroSeconds, with room to spare. */
const maxDepth = 16
/** Of fields that Parquet gives a meaning to; others are read past. */
const maxField = 31

/** Types of Thrift's compact protocol, as far as Parquet uses them (thrift/doc/specs/thrift-compact-protocol.md). */
const types = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const

interface Cursor {
  readonly bytes: Uint8Array
  at: number
  /** how many more there may be */
  values: number
}

/** A struct, as it differs from a list. */
class Struct {
  readonly fields: unknown[] = []
}

/**
 * Reads the struct that bytes begin with: integers of at most ten bytes, lengths that are there, little nesting, at most
 * `maxValues` values. Whoever believed more of what he reads would take memory or time without bound for a few bytes that ask for it.
 * @returns undefined for anything else
 */
export function readStruct(bytes: Uint8Array, maxValues: number): Fields | undefined {
  try {
    return structOf({ bytes, at: 0, values: maxValues }, 0).fields
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}

class NotPlain extends Error {}

function structOf(cursor: Cursor, depth: number): Struct {
  const struct = new Struct()
  let field = 0
  for (;;) {
    const header = nextByte(cursor)
    const type = header & 0x0f
    if (type === types.stop) return struct
    field = header >> 4 === 0 ? integer(cursor) : field + (header >> 4)
    // A field's Boolean is in its header.
    const isBoolean = type === types.true || type === types.false
    if (isBoolean) count(cursor)
    const value = isBoolean ? type === types.true : readValue(cursor, type, depth)
    if (field >= 0 && field <= maxField) struct.fields[field] = value
  }
}

/** Of a double nothing is kept. */
function readValue(cursor: Cursor, type: number, depth: number): unknown {
  count(cursor)
  if (depth >= maxDepth) throw new NotPlain()
  switch (type) {
    case types.true:
    case types.false:
      return nextByte(cursor) === types.true
    case types.byte:
      return (nextByte(cursor) << 24) >> 24
    case types.i16:
    case types.i32:
    case types.i64:
      return integer(cursor)
    case types.double:
      take(cursor, 8)
      return undefined
    case types.binary:
      return take(cursor, varint(cursor))
    case types.list:
      return list(cursor, depth + 1)
    case types.struct:
      return structOf(cursor, depth + 1)
    default:
      throw new NotPlain()
  }
}

function list(cursor: Cursor, depth: number): readonly unknown[] {
  const header = nextByte(cursor)
  const length = header >> 4 === 15 ? varint(cursor) : header >> 4
  const items: unknown[] = []
  // Every element takes a byte at least, so it ends where the bytes do.
  for (let i = 0; i < length; i += 1) items.push(readValue(cursor, header & 0x0f, depth))
  return items
}

function nextByte(cursor: Cursor): number {
  const value = cursor.bytes[cursor.at]
  if (value === undefined) throw new NotPlain()
  cursor.at += 1
  return value
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length
  if (end > cursor.bytes.length) throw new NotPlain()
  const taken = cursor.bytes.subarray(cursor.at, end)
  cursor.at = end
  return taken
}

function count(cursor: Cursor): void {
  cursor.values -= 1
  if (cursor.values < 0) throw new NotPlain()
}

/** Exact wherever it is a length that could be there. */
function varint(cursor: Cursor): number {
  let value = 0
  let place = 1
  for (let i = 0; i < 10; i += 1) {
    const part = nextByte(cursor)
    value += (part & 0x7f) * place
    if (part < 0x80) return value
    place *= 128
  }
  throw new NotPlain()
}

/** In zigzag encoding; exact, or else no safe integer. */
function integer(cursor: Cursor): number {
  const value = varint(cursor)
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Nothing of what is no struct. */
export function fieldsOf(value: unknown): Fields {
  return value instanceof Struct ? value.fields : []
}

export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

/** Of any width, where it is exact. */
export function integerOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

export function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

const decoder = new TextDecoder()

/** In lower case, as the engine compares names of columns. */
export function nameOf(value: unknown): string | undefined {
  const bytes = bytesOf(value)
  return bytes === undefined ? undefined : decoder.decode(bytes).toLowerCase()
}
