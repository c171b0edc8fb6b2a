import { randomBytes } from 'node:crypto'
import type { Extent, PartRecord } from './layout.ts'

/** A part as it is in memory: its record, and the bytes that are in no upload yet. Never changed, only replaced. */
export interface PartState {
  readonly group: string
  readonly extents: readonly Extent[]
  readonly tail: readonly Uint8Array[]
  readonly becoming?: string
}

export const freshPart = (): PartState => ({ group: randomName(), extents: [], tail: [] })

/** Names are never used again: what arrives late under an old one hurts nothing. */
export const randomName = (): string => randomBytes(16).toString('hex')

export const tailLength = ({ tail }: PartState): number => tail.reduce((sum, { length }) => sum + length, 0)
const extentsLength = ({ extents }: PartState): number => extents.reduce((sum, { length }) => sum + length, 0)
export const partLength = (state: PartState): number => extentsLength(state) + tailLength(state)

export function withBytes(state: PartState, bytes: Uint8Array): PartState {
  return bytes.length === 0 ? state : { ...state, tail: [...state.tail, bytes] }
}

export function recordOf(state: PartState): PartRecord {
  const { group, extents, becoming } = state
  return { group, extents: [...extents], tail: tailLength(state), ...(becoming === undefined ? {} : { becoming }) }
}

/**
 * The first `length` bytes. A multipart upload cannot be read, so one that is cut keeps its parts and counts
 * fewer of their bytes.
 */
export function cutPart(state: PartState, length: number): PartState {
  const extents: Extent[] = []
  let start = 0
  for (const extent of state.extents) {
    if (start >= length) break
    extents.push(start + extent.length <= length ? extent : cutExtent(extent, length - start))
    start += extent.length
  }
  const rest = Math.max(0, length - extentsLength(state))
  const { becoming: _, ...others } = state
  return { ...others, extents, tail: rest === 0 ? [] : [Buffer.concat(state.tail).subarray(0, rest)] }
}

function cutExtent({ name, upload }: Extent, length: number): Extent {
  if (upload === undefined) return { name, length }
  const parts: (typeof upload.parts)[number][] = []
  let end = 0
  for (const part of upload.parts) {
    if (end >= length) break
    parts.push(part)
    end += part.length
  }
  return { name, length, upload: { ...upload, sealed: true, parts } }
}

/** No upload takes any more parts, so each can be completed. */
export function sealed(state: PartState): PartState {
  return {
    ...state,
    extents: state.extents.map((extent) =>
      extent.upload === undefined ? extent : { ...extent, upload: { ...extent.upload, sealed: true } },
    ),
  }
}
