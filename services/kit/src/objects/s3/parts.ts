import { createHash, type Hash } from 'node:crypto'
import { ReinraumError } from '@reinraum/crypto'
import type { Bucket } from './bucket.ts'
import { sweepGroup } from './group-sweep.ts'
import {
  bytesOf,
  decodePartRecord,
  type Extent,
  encodeRecord,
  keyOf,
  keyOfExtent,
  type PartRecord,
  recordBytes,
  uploadOf,
} from './layout.ts'
import type { ObjectReads } from './object-reads.ts'
import { freshPart, type PartState, partLength, randomName, recordOf, sealed, tailLength, withBytes } from './part-state.ts'

export interface PieceSizes {
  /** S3 takes no smaller piece of a multipart upload, but for the last. */
  readonly smallest: number
  /** bytes that are held in memory before they become a piece */
  readonly usual: number
}

export const pieceSizes: PieceSizes = { smallest: 5 * 2 ** 20, usual: 8 * 2 ** 20 }
// S3 allows 10 000 pieces; with fewer, a record stays short.
const piecesPerUpload = 1000
// Parts that are kept in memory while nobody writes to them; the others are read from their records again.
const idleParts = 32

/** A part in memory. Whoever has the part's turn replaces `state`; a failure leaves it as it was. */
export interface OpenPart {
  readonly hex: string
  state: PartState
  /** what the record in the bucket says; undefined while none is known to be there */
  stored: PartState | undefined
  /** a record was sent, whether or not it arrived */
  recorded: boolean
  /** over all bytes so far; undefined when some of them were not seen */
  hash: Hash | undefined
  /** A number is never used twice: what is under it may be what the record counts on. */
  nextNumber: number
  busy: boolean
}

export type Parts = ReturnType<typeof createParts>

export function createParts(bucket: Bucket, reads: ObjectReads, pieces: PieceSizes) {
  const open = new Map<string, OpenPart>()

  async function load(hex: string): Promise<OpenPart> {
    const part = open.get(hex) ?? (await read(hex))
    open.delete(hex)
    open.set(hex, part)
    for (const [other, { busy, state, stored }] of open) {
      if (open.size <= idleParts) break
      const nothingToLose = state === stored || (stored === undefined && partLength(state) === 0)
      if (other !== hex && !busy && nothingToLose) open.delete(other)
    }
    return part
  }

  async function read(hex: string): Promise<OpenPart> {
    const nowhere = { stored: undefined, recorded: false, hash: createHash('sha256'), nextNumber: 1, busy: false }
    const bytes = await bucket.beginning(keyOf.part(hex), pieces.smallest + recordBytes)
    if (bytes === undefined) return { ...nowhere, hex, state: freshPart() }
    const { record, tail } = decodePartRecord(bytes)
    if (await isOver(record)) {
      await end(hex, record.group, record.becoming)
      return { ...nowhere, hex, state: freshPart() }
    }
    const { group, extents, becoming } = record
    const state = withBytes({ group, extents, tail: [], ...(becoming === undefined ? {} : { becoming }) }, tail)
    const nextNumber = (extents.at(-1)?.upload?.parts.at(-1)?.number ?? 0) + 1
    const hash = partLength(state) === 0 ? createHash('sha256') : undefined
    return { hex, state, stored: state, recorded: true, hash, nextNumber, busy: false }
  }

  /** A discard or a commit that a crash interrupted after it could no longer be undone. */
  async function isOver({ discarded, becoming, group }: PartRecord): Promise<boolean> {
    if (discarded === true) return true
    return becoming !== undefined && (await reads.fetchRecord(becoming))?.record.group === group
  }

  /** Removes what the object, if it came to one, does not need; the record last, for it leads to the rest. */
  async function end(hex: string, group: string, object?: string): Promise<void> {
    const found = object === undefined ? undefined : await reads.fetchRecord(object)
    const extents = found?.record.group === group ? found.record.extents : []
    await sweepGroup(bucket, group, new Set(extents.map(({ name }) => name)))
    await bucket.remove(keyOf.part(hex))
  }

  async function record(part: OpenPart, state: PartState, discarded = false): Promise<void> {
    part.recorded = true
    const flags = discarded ? { discarded } : {}
    await bucket.put(keyOf.part(part.hex), encodeRecord({ ...recordOf(state), ...flags }, Buffer.concat(state.tail)))
    part.stored = state
  }

  /** Makes `state` what the part is after a loss of power. */
  async function store(part: OpenPart, state: PartState): Promise<void> {
    await record(part, state)
    part.state = state
  }

  /** Moves the tail into a multipart upload: the last one while it takes more, else a new one. */
  async function uploadTail(part: OpenPart, state: PartState): Promise<PartState> {
    // First a record that names the group: an upload that nobody can find again would stay forever.
    if (part.stored === undefined) await record(part, { group: state.group, extents: [], tail: [] })
    const last = state.extents.at(-1)
    const continues = last?.upload !== undefined && !last.upload.sealed && part.nextNumber <= piecesPerUpload
    if (!continues) part.nextNumber = 1
    const extent = continues ? last : await beginExtent(state.group)
    const number = part.nextNumber++
    const body = Buffer.concat(state.tail)
    const etag = await bucket.uploadPart(uploadOf(state.group, extent), number, body)
    const before = continues ? state.extents.slice(0, -1) : sealed(state).extents
    return { ...state, extents: [...before, grown(extent, { number, etag, length: body.length })], tail: [] }
  }

  async function beginExtent(group: string): Promise<Extent> {
    const name = randomName()
    const { id } = await bucket.beginUpload(keyOfExtent(group, { name }))
    return { name, length: 0, upload: { id, sealed: false, parts: [] } }
  }

  /** Completes what is sealed. The record says so already, so nothing is sent to an upload that is complete. */
  async function completeSealed(state: PartState): Promise<PartState> {
    if (!state.extents.some(({ upload }) => upload?.sealed)) return state
    const extents: Extent[] = []
    for (const extent of state.extents) {
      if (extent.upload?.sealed === true) await complete(state.group, extent, extent.upload.parts)
      extents.push(extent.upload?.sealed === true ? { name: extent.name, length: extent.length } : extent)
    }
    return { ...state, extents }
  }

  async function complete(group: string, extent: Extent, parts: Parameters<typeof bytesOf>[0]): Promise<void> {
    // No such upload: it was completed before a crash. What the store has tells.
    await bucket.completeUpload(uploadOf(group, extent), parts)
    if ((await bucket.lengthOf(keyOfExtent(group, extent))) !== bytesOf(parts)) {
      throw new ReinraumError('ciphertext-mismatch', 'the object store has lost bytes of an upload')
    }
  }

  async function save(part: OpenPart, state: PartState): Promise<void> {
    await store(part, tailLength(state) >= pieces.smallest ? await uploadTail(part, state) : state)
    // Not part of what was promised: it is tried again later.
    part.state = await completeSealed(part.state).catch(() => part.state)
  }

  return {
    /** Runs a function with the part, or with a new one, which is nowhere until something is written to it. */
    async use<T>(hex: string, fn: (part: OpenPart) => Promise<T>): Promise<T> {
      const part = await load(hex)
      part.busy = true
      return fn(part).finally(() => {
        part.busy = false
      })
    },
    store,
    save,
    async append(part: OpenPart, bytes: Uint8Array, sync: boolean): Promise<number> {
      let next = withBytes(part.state, Buffer.from(bytes))
      if (tailLength(next) >= pieces.usual) next = await uploadTail(part, next)
      const length = partLength(next)
      if (sync) await save(part, next)
      else part.state = next
      part.hash?.update(bytes)
      return length
    },
    /** Everything in complete extents, and a record that says which object they become. */
    async settle(part: OpenPart, becoming: string): Promise<void> {
      const whole = tailLength(part.state) > 0 ? await uploadTail(part, part.state) : part.state
      await store(part, { ...sealed(whole), becoming })
      part.state = await completeSealed(part.state)
    },
    /** What is known of it is read again when it is asked for. */
    forget: (hex: string) => open.delete(hex),
    /** The part is gone. Its bytes are too, unless they are the object's. */
    async end(part: OpenPart, object?: string): Promise<void> {
      open.delete(part.hex)
      if (!part.recorded) return
      const { group } = part.state
      const owner = object === undefined ? undefined : await reads.fetchRecord(object)
      if (owner?.record.group !== group) await record(part, { group, extents: [], tail: [] }, true)
      await end(part.hex, group, object)
    },
  }
}

function grown(extent: Extent, piece: { readonly number: number; readonly etag: string; readonly length: number }): Extent {
  const upload = extent.upload
  if (upload === undefined) return extent
  return { ...extent, length: extent.length + piece.length, upload: { ...upload, parts: [...upload.parts, piece] } }
}
