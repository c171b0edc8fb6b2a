import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { createKeyedMutex } from '../keyed-mutex.ts'
import { objectHex } from '../object-id.ts'
import type { ObjectReader, ObjectStore } from '../object-store.ts'
import type { S3Config } from '../objects-config.ts'
import { type Bucket, openBucket } from './bucket.ts'
import { sweepGroup } from './group-sweep.ts'
import { encodeRecord, keyOf, keyOfExtent } from './layout.ts'
import { createObjectReads, inOrder, type ObjectReads, type StoredRecord } from './object-reads.ts'
import { cutPart, partLength } from './part-state.ts'
import { createParts, type OpenPart, type Parts, type PieceSizes, pieceSizes } from './parts.ts'

const usualPatienceMs = 30_000

export interface BucketOptions {
  /** how long the store may take to answer, beside what a transfer takes by its length; 30 s unless told */
  readonly patienceMs?: number
  readonly pieces?: PieceSizes
}

/** An object store in a bucket; what lies there is in `layout.ts`. One process writes behind a prefix, as into a folder. */
export async function openObjectBucket(config: S3Config, options: BucketOptions = {}): Promise<ObjectStore> {
  const bucket = await open(config, options)
  const reads = createObjectReads(bucket)
  const parts = createParts(bucket, reads, options.pieces ?? pieceSizes)
  const alone = createKeyedMutex()
  const withPart = async <T>(id: string, fn: (part: OpenPart) => Promise<T>): Promise<T> => {
    const hex = objectHex(id)
    return alone(`part ${hex}`, () => parts.use(hex, fn))
  }
  const withObject = async <T>(id: string, fn: (hex: string) => Promise<T>): Promise<T> => {
    const hex = objectHex(id)
    return alone(`object ${hex}`, () => fn(hex))
  }

  return {
    partLength: (partId) => withPart(partId, async ({ state }) => partLength(state)),
    append: (partId, offset, bytes, { sync = true } = {}) =>
      withPart(partId, async (part) => {
        const length = partLength(part.state)
        if (offset !== length) throw new ReinraumError('offset-mismatch', `the upload continues at ${length}, not at ${offset}`)
        return parts.append(part, bytes, sync)
      }),
    sync: (partId) =>
      withPart(partId, async (part) => {
        requirePart(part)
        if (part.state !== part.stored) await parts.save(part, part.state)
      }),
    truncate: (partId, length) =>
      withPart(partId, async (part) => {
        if (partLength(part.state) <= length) return
        if (!Number.isSafeInteger(length) || length < 0) throw new ReinraumError('invalid-argument', 'not a length')
        await parts.store(part, cutPart(part.state, length))
        part.hash = length === 0 ? createHash('sha256') : undefined
      }),
    discard: (partId) => withPart(partId, (part) => parts.end(part)),
    commit: (partId, objectId, length) =>
      withObject(objectId, (hex) => withPart(partId, (part) => commitPart({ bucket, reads, parts }, part, hex, length))),
    stat: reads.stat,
    read: reads.read,
    remove: (objectId) => withObject(objectId, (hex) => removeObject(bucket, reads, hex)),
  }
}

/** Objects of a bucket, for whoever only reads. */
export async function readObjectBucket(config: S3Config, options: BucketOptions = {}): Promise<ObjectReader> {
  const { stat, read } = createObjectReads(await open(config, options))
  return { stat, read }
}

async function open(config: S3Config, { patienceMs = usualPatienceMs }: BucketOptions): Promise<Bucket> {
  return openBucket(config, config.ca === undefined ? undefined : await readCa(config.ca), patienceMs)
}

function readCa(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new ReinraumError('invalid-argument', `${file} cannot be read`, { cause })
  })
}

function requirePart({ state, stored }: OpenPart): void {
  if (stored === undefined && partLength(state) === 0) throw new ReinraumError('not-found', 'no such part')
}

/** First the record says so, so half an object is never taken for a whole one; then the content goes, then the record. */
async function removeObject(bucket: Bucket, reads: ObjectReads, hex: string): Promise<void> {
  const found = await reads.fetchRecord(hex)
  reads.forget(hex)
  if (found === undefined) return
  const { group, removed } = found.record
  if (group !== undefined) {
    if (removed !== true) await bucket.put(keyOf.object(hex), encodeRecord({ ...found.record, removed: true }))
    await sweepGroup(bucket, group)
  }
  await bucket.remove(keyOf.object(hex))
}

interface Stores {
  readonly bucket: Bucket
  readonly reads: ObjectReads
  readonly parts: Parts
}

async function commitPart({ bucket, reads, parts }: Stores, part: OpenPart, hex: string, length: number): Promise<void> {
  const existing = await standingObject(bucket, reads, hex)
  if (existing?.record.length !== length) requirePart(part)
  else if (part.stored === undefined && partLength(part.state) === 0) return
  await requireContent(bucket, parts, part, hex, length)
  if (existing === undefined) await publish(bucket, parts, part, hex, length)
  const object = existing ?? (await standingObject(bucket, reads, hex))
  if (object?.record.length !== length) {
    throw new ReinraumError('ciphertext-mismatch', 'the object store does not have the object that was put there')
  }
  await parts.end(part, hex)
}

/** A removal that a crash interrupted is ended first. */
async function standingObject(bucket: Bucket, reads: ObjectReads, hex: string): Promise<StoredRecord | undefined> {
  const found = await reads.fetchRecord(hex)
  if (found?.record.removed !== true) return found
  await removeObject(bucket, reads, hex)
  return undefined
}

/** One request makes the object: before it there is none, after it the whole one. If another one was first, that stays. */
async function publish(bucket: Bucket, parts: Parts, part: OpenPart, hex: string, length: number): Promise<void> {
  const key = keyOf.object(hex)
  if (part.state.extents.length === 0) {
    await bucket.put(key, encodeRecord({ length, extents: [] }, Buffer.concat(part.state.tail)), { onlyNew: true })
    return
  }
  await parts.settle(part, hex)
  const { group, extents } = part.state
  const named = extents.map(({ name, length: bytes }) => ({ name, length: bytes }))
  // From here on the bytes may be the object's, also when no answer comes: whoever asks for the part finds out anew.
  parts.forget(part.hex)
  await bucket.put(key, encodeRecord({ length, group, extents: named }), { onlyNew: true })
}

async function requireContent(bucket: Bucket, parts: Parts, part: OpenPart, hex: string, length: number): Promise<void> {
  const found = partLength(part.state)
  if (found !== length) throw new ReinraumError('ciphertext-mismatch', `the upload has ${found} bytes instead of ${length}`)
  if ((part.hash?.copy().digest('hex') ?? (await hashAgain(bucket, parts, part, hex))) !== hex) {
    throw new ReinraumError('ciphertext-mismatch', 'the uploaded bytes are not the ones that the manifest names')
  }
}

/** Bytes that came before a restart were not seen by this process: they are read again, once no more can come. */
async function hashAgain(bucket: Bucket, parts: Parts, part: OpenPart, hex: string): Promise<string> {
  const hash = createHash('sha256')
  if (part.state.extents.length > 0) await parts.settle(part, hex)
  const { group, extents, tail } = part.state
  const stretches = extents.map((extent) => ({ key: keyOfExtent(group, extent), start: 0, length: extent.length }))
  try {
    for await (const chunk of inOrder(bucket, stretches, 0, partLength(part.state))) hash.update(chunk)
  } catch (error) {
    if (!isReinraumError(error) || error.code !== 'not-found') throw error
    throw new ReinraumError('ciphertext-mismatch', 'the object store has lost bytes of an upload', { cause: error })
  }
  for (const bytes of tail) hash.update(bytes)
  return hash.digest('hex')
}
