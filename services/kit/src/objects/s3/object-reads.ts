import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { objectHex } from '../object-id.ts'
import type { ObjectReader, Range } from '../object-store.ts'
import type { Bucket } from './bucket.ts'
import { decodeObjectRecord, keyOf, keyOfExtent, type ObjectRecord, recordBytes } from './layout.ts'

// Most records fit; the others are asked for again.
const firstBytes = 64 * 1024
const cachedRecords = 256
const attempts = 4

/** Where the bytes of an object lie. */
interface Stretch {
  readonly key: string
  readonly start: number
  readonly length: number
}

export interface StoredRecord {
  readonly record: ObjectRecord
  readonly stretches: readonly Stretch[]
}

export type ObjectReads = ReturnType<typeof createObjectReads>

/** Reads objects; what it knows of their records it keeps, for an object never changes. */
export function createObjectReads(bucket: Bucket) {
  const known = new Map<string, StoredRecord>()

  /** The record as it is now, also one of an object that is being removed. */
  async function fetchRecord(hex: string): Promise<StoredRecord | undefined> {
    const key = keyOf.object(hex)
    let bytes = await bucket.beginning(key, firstBytes)
    if (bytes?.length === firstBytes && !bytes.includes('\n')) bytes = await bucket.beginning(key, recordBytes)
    if (bytes === undefined) return undefined
    const { record, start } = decodeObjectRecord(bytes)
    const group = record.group
    const stretches =
      group === undefined
        ? [{ key, start, length: record.length }]
        : record.extents.map(({ name, length }) => ({ key: keyOfExtent(group, { name }), start: 0, length }))
    return { record, stretches }
  }

  async function find(hex: string): Promise<StoredRecord | undefined> {
    const found = known.get(hex) ?? (await fetchRecord(hex))
    known.delete(hex)
    if (found === undefined || found.record.removed === true) return undefined
    known.set(hex, found)
    for (const oldest of known.keys()) if (known.size > cachedRecords) known.delete(oldest)
    return found
  }

  async function* read(id: string, { offset, length }: Range, signal?: AbortSignal) {
    const hex = objectHex(id)
    const found = await find(hex)
    if (found === undefined) throw new ReinraumError('not-found', 'no such object')
    const end = length === undefined ? found.record.length : offset + length
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(end) || offset < 0 || end < offset || end > found.record.length) {
      throw new ReinraumError('invalid-argument', 'the range is not inside the object')
    }
    try {
      yield* inOrder(bucket, found.stretches, offset, end, signal)
    } catch (error) {
      // What was removed may be there again under other names.
      known.delete(hex)
      throw error
    }
  }

  const reader: ObjectReader = {
    async stat(id) {
      const found = await find(objectHex(id))
      return found === undefined ? undefined : { length: found.record.length }
    },
    read: (id, range, { signal } = {}) => read(id, range ?? { offset: 0 }, signal),
  }
  return { ...reader, fetchRecord, forget: (hex: string) => known.delete(hex) }
}

/** The bytes `[offset, end)` of what the stretches hold one after another. */
export async function* inOrder(
  bucket: Bucket,
  stretches: readonly Stretch[],
  offset: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let begins = 0
  for (const { key, start, length } of stretches) {
    const [from, to] = [Math.max(offset, begins), Math.min(end, begins + length)]
    if (from < to) yield* resumed(bucket, key, start + from - begins, start + to - begins, signal)
    begins += length
  }
}

/** A transfer that breaks off goes on where it ended, a few times; one that did not begin was tried often enough. */
async function* resumed(bucket: Bucket, key: string, start: number, end: number, signal?: AbortSignal) {
  let position = start
  for (let attempt = 1; position < end; attempt++) {
    const began = position
    try {
      for await (const chunk of bucket.get(key, position, end, signal)) {
        position += chunk.length
        yield chunk
      }
    } catch (error) {
      const brokeOff = isReinraumError(error) && error.code === 'unavailable' && position > began
      if (!brokeOff || attempt === attempts || signal?.aborted === true) throw error
    }
  }
}
