import { ReinraumError } from '@reinraum/crypto'
import { readStruct, type Struct, type Value, whole, wholeOf, writeStruct } from './thrift.ts'

/** So much of each part is held back until its footer is known: some thousand row groups of a hundred columns. */
const longestFooter = 16 << 20

const magic = Buffer.from('PAR1')

/**
 * One Parquet file of several with the same columns, in memory that does not grow with them: their row groups follow each other
 * byte for byte, and one footer says where they are now.
 * @throws ReinraumError `unsupported` where a part's footer is longer than can be held
 */
export async function* joinParquet(parts: AsyncIterable<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  let offset = 4
  let joined: Struct | undefined
  yield magic
  for await (const part of parts) {
    const shift = BigInt(offset - 4)
    const held = heldBack()
    for await (const chunk of part) {
      for (const ready of held.push(chunk)) {
        offset += ready.length
        yield ready
      }
    }
    const { body, footer } = held.end()
    offset += body.length
    yield body
    joined = joined === undefined ? footer : append(joined, moved(footer, shift))
  }
  if (joined === undefined) throw new ReinraumError('internal', 'no parts to join')
  const footer = writeStruct(joined)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  yield Buffer.concat([footer, length, magic])
}

/** A part's bytes between its magic and its footer. */
function heldBack() {
  let held: Uint8Array[] = []
  let size = 0
  let skip = magic.length
  return {
    push(chunk: Uint8Array): Uint8Array[] {
      const rest = chunk.subarray(Math.min(skip, chunk.length))
      skip -= chunk.length - rest.length
      // A copy: the producer may use the chunk's memory again.
      held.push(new Uint8Array(rest))
      size += rest.length
      let ready = 0
      for (; size - (held[ready]?.length ?? 0) >= longestFooter; ready++) size -= held[ready]?.length ?? 0
      return held.splice(0, ready)
    },
    end(): { readonly body: Uint8Array; readonly footer: Struct } {
      const rest = Buffer.concat(held)
      held = []
      const end = rest.length - 8
      if (end < 0 || !rest.subarray(end + 4).equals(magic)) throw new ReinraumError('internal', 'a part is no Parquet')
      const start = end - rest.readUInt32LE(end)
      if (start < 0) throw new ReinraumError('unsupported', 'there are too many columns to seal the file in several passes')
      return { body: rest.subarray(0, start), footer: readStruct(rest.subarray(start, end)) }
    },
  }
}

// Numbers of fields: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
const rowsOfFile = 3
const groupsOfFile = 4
const chunksOfGroup = 1
const offsetOfGroup = 5
const ordinalOfGroup = 7
const metadataOfChunk = 3
/** its own, the offset index's, the column index's */
const offsetsOfChunk = [2, 4, 6]
/** of data pages, index pages, a dictionary, a Bloom filter */
const offsetsOfMetadata = [9, 10, 11, 14]

/** A footer whose row groups begin so many bytes later. */
function moved(file: Struct, shift: bigint): Struct {
  const chunk = (fields: Struct) =>
    changed(shifted(fields, offsetsOfChunk, shift), metadataOfChunk, (value) =>
      inside(value, (m) => shifted(m, offsetsOfMetadata, shift)),
    )
  const group = (fields: Struct) =>
    changed(shifted(fields, [offsetOfGroup], shift), chunksOfGroup, (value) => each(value, (item) => inside(item, chunk)))
  return changed(file, groupsOfFile, (value) => each(value, (item) => inside(item, group)))
}

function append(file: Struct, more: Struct): Struct {
  const groups = [...itemsOf(file.get(groupsOfFile)), ...itemsOf(more.get(groupsOfFile))]
  const numbered = groups.map((group, i) =>
    // 16 bits: of more row groups than have a number, the others go without one, as the format allows
    inside(group, (fields) =>
      i < 2 ** 15 ? changed(fields, ordinalOfGroup, () => whole(4, BigInt(i))) : without(fields, ordinalOfGroup),
    ),
  )
  const rows = wholeOf(file.get(rowsOfFile)) + wholeOf(more.get(rowsOfFile))
  return changed(
    changed(file, rowsOfFile, () => whole(6, rows)),
    groupsOfFile,
    () => ({ type: 9, of: 12, items: numbered }),
  )
}

function shifted(fields: Struct, ids: readonly number[], shift: bigint): Struct {
  // 0 is no place, it says that there is none
  const move = (value: Value) => (wholeOf(value) === 0n ? value : whole(6, wholeOf(value) + shift))
  return ids.reduce((struct, id) => changed(struct, id, move), fields)
}

/** Where the field is there. */
function changed(fields: Struct, id: number, change: (value: Value) => Value): Struct {
  const value = fields.get(id)
  return value === undefined ? fields : new Map(fields).set(id, change(value))
}

function without(fields: Struct, id: number): Struct {
  return new Map([...fields].filter(([key]) => key !== id))
}

function itemsOf(value: Value | undefined): readonly Value[] {
  if (value === undefined || !('items' in value)) throw new RangeError('expected a list')
  return value.items
}

function each(value: Value, change: (item: Value) => Value): Value {
  return 'items' in value ? { ...value, items: value.items.map(change) } : value
}

function inside(value: Value, change: (fields: Struct) => Struct): Value {
  return value.type === 12 ? { type: 12, fields: change(value.fields) } : value
}
