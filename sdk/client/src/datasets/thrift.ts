// Thrift's compact protocol, as far as a Parquet footer needs it: read into a tree and written again, field by field, so that what
// nobody here knows of stays as it is. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

/** Fields by their number, in the order of their numbers. */
export type Struct = Map<number, Value>

/** Whole numbers as they are written: `wholeOf` reads one. */
export type Value =
  | { readonly type: 1 | 2 }
  | { readonly type: 3; readonly byte: number }
  | { readonly type: 4 | 5 | 6; readonly zigzag: bigint }
  | { readonly type: 7 | 8; readonly bytes: Uint8Array }
  | { readonly type: 9 | 10; readonly of: number; readonly items: readonly Value[] }
  | { readonly type: 12; readonly fields: Struct }

export function wholeOf(value: Value | undefined): bigint {
  if (value === undefined || !('zigzag' in value)) throw new RangeError('expected a whole number')
  return value.zigzag & 1n ? -(value.zigzag >> 1n) - 1n : value.zigzag >> 1n
}

/** @param type 4, 5 or 6, for 16, 32 or 64 bits */
export function whole(type: 4 | 5 | 6, value: bigint): Value {
  return { type, zigzag: value < 0n ? -2n * value - 1n : 2n * value }
}

/** @throws RangeError for anything but one whole struct */
export function readStruct(bytes: Uint8Array): Struct {
  const cursor = { bytes, at: 0 }
  const struct = structAt(cursor)
  if (cursor.at !== bytes.length) throw new RangeError('bytes after the struct')
  return struct
}

interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

function byteAt(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++]
  if (byte === undefined) throw new RangeError('the struct ends early')
  return byte
}

function bytesAt(cursor: Cursor, length: number): Uint8Array {
  if (length > cursor.bytes.length - cursor.at) throw new RangeError('the struct ends early')
  cursor.at += length
  return cursor.bytes.subarray(cursor.at - length, cursor.at)
}

function varintAt(cursor: Cursor): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = byteAt(cursor)
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return value
  }
  throw new RangeError('a number is too long')
}

function structAt(cursor: Cursor): Struct {
  const fields: Struct = new Map()
  for (let id = 0, head = byteAt(cursor); head !== 0; head = byteAt(cursor)) {
    id = head >> 4 === 0 ? Number(wholeOf({ type: 4, zigzag: varintAt(cursor) })) : id + (head >> 4)
    fields.set(id, valueAt(cursor, head & 15))
  }
  return fields
}

function valueAt(cursor: Cursor, type: number): Value {
  switch (type) {
    case 1:
    case 2:
      return { type }
    case 3:
      return { type, byte: byteAt(cursor) }
    case 4:
    case 5:
    case 6:
      return { type, zigzag: varintAt(cursor) }
    case 7:
      return { type, bytes: bytesAt(cursor, 8) }
    case 8:
      return { type, bytes: bytesAt(cursor, Number(varintAt(cursor))) }
    case 9:
    case 10:
      return listAt(cursor, type)
    case 12:
      return { type, fields: structAt(cursor) }
    default:
      throw new RangeError(`no type ${type} in a Parquet footer`)
  }
}

function listAt(cursor: Cursor, type: 9 | 10): Value {
  const head = byteAt(cursor)
  const of = head & 15
  const length = head >> 4 === 15 ? Number(varintAt(cursor)) : head >> 4
  const items: Value[] = []
  // In a list a truth value is a byte of its own.
  for (let i = 0; i < length; i++) items.push(of <= 2 ? { type: 3, byte: byteAt(cursor) } : valueAt(cursor, of))
  return { type, of, items }
}

export function writeStruct(struct: Struct): Uint8Array {
  const out: Uint8Array[] = []
  putStruct(out, struct)
  return Buffer.concat(out)
}

function putStruct(out: Uint8Array[], struct: Struct): void {
  let last = 0
  for (const [id, value] of struct) {
    const step = id - last
    out.push(Uint8Array.of(step > 0 && step < 16 ? (step << 4) | value.type : value.type))
    if (step <= 0 || step >= 16) putVarint(out, BigInt(2 * id))
    putValue(out, value)
    last = id
  }
  out.push(Uint8Array.of(0))
}

function putValue(out: Uint8Array[], value: Value): void {
  switch (value.type) {
    case 1:
    case 2:
      return
    case 3:
      out.push(Uint8Array.of(value.byte))
      return
    case 4:
    case 5:
    case 6:
      putVarint(out, value.zigzag)
      return
    case 8:
      putVarint(out, BigInt(value.bytes.length))
      out.push(value.bytes)
      return
    case 7:
      out.push(value.bytes)
      return
    case 9:
    case 10:
      out.push(Uint8Array.of((Math.min(15, value.items.length) << 4) | value.of))
      if (value.items.length >= 15) putVarint(out, BigInt(value.items.length))
      for (const item of value.items) putValue(out, item)
      return
    case 12:
      putStruct(out, value.fields)
  }
}

function putVarint(out: Uint8Array[], value: bigint): void {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  out.push(Uint8Array.from([...bytes, Number(rest)]))
}
