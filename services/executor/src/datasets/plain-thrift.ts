/** How deep a footer nests: FileMetaData, SchemaElement, LogicalType, TimestampType, TimeUnit, MicroSeconds, with room to spare. */
const maxDepth = 16

/** Types of Thrift's compact protocol, as far as Parquet uses them (thrift/doc/specs/thrift-compact-protocol.md). */
const types = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const

interface Cursor {
  readonly bytes: Uint8Array
  at: number
  /** how many more there may be */
  values: number
}

/**
 * Whether bytes begin with one struct that a parser can be given: integers of at most ten bytes, lengths that are there, little
 * nesting, at most `maxValues` values. A parser that believes what it reads would take memory or time without bound
 * for a few bytes that ask for it.
 */
export function isPlainThrift(bytes: Uint8Array, maxValues: number): boolean {
  try {
    skipStruct({ bytes, at: 0, values: maxValues }, 0)
    return true
  } catch (error) {
    if (error instanceof NotPlain) return false
    throw error
  }
}

class NotPlain extends Error {}

function skipStruct(cursor: Cursor, depth: number): void {
  for (;;) {
    const header = nextByte(cursor)
    const type = header & 0x0f
    if (type === types.stop) return
    if (header >> 4 === 0) varint(cursor)
    // A field's Boolean is in its header.
    if (type === types.true || type === types.false) count(cursor)
    else skipValue(cursor, type, depth)
  }
}

function skipValue(cursor: Cursor, type: number, depth: number): void {
  count(cursor)
  if (depth >= maxDepth) throw new NotPlain()
  switch (type) {
    case types.true:
    case types.false:
    case types.byte:
      skip(cursor, 1)
      return
    case types.i16:
    case types.i32:
    case types.i64:
      varint(cursor)
      return
    case types.double:
      skip(cursor, 8)
      return
    case types.binary:
      skip(cursor, varint(cursor))
      return
    case types.list:
      skipList(cursor, depth + 1)
      return
    case types.struct:
      skipStruct(cursor, depth + 1)
      return
    default:
      throw new NotPlain()
  }
}

function skipList(cursor: Cursor, depth: number): void {
  const header = nextByte(cursor)
  const length = header >> 4 === 15 ? varint(cursor) : header >> 4
  // Every element takes a byte at least, so it ends where the bytes do.
  for (let i = 0; i < length; i += 1) skipValue(cursor, header & 0x0f, depth)
}

function nextByte(cursor: Cursor): number {
  const value = cursor.bytes[cursor.at]
  if (value === undefined) throw new NotPlain()
  cursor.at += 1
  return value
}

function skip(cursor: Cursor, length: number): void {
  if (length > cursor.bytes.length - cursor.at) throw new NotPlain()
  cursor.at += length
}

function count(cursor: Cursor): void {
  cursor.values -= 1
  if (cursor.values < 0) throw new NotPlain()
}

/** Exact wherever it is a length that could be there. */
function varint(cursor: Cursor): number {
  let value = 0
  for (let i = 0; i < 10; i += 1) {
    const part = nextByte(cursor)
    value += (part & 0x7f) * 2 ** (7 * i)
    if (part < 0x80) return value
  }
  throw new NotPlain()
}
