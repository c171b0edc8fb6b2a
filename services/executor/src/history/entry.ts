import {
  canonicalBytes,
  concatBytes,
  fromUtf8,
  openRecord,
  parseStrictJson,
  ReinraumError,
  sealRecord,
  utf8,
} from '@reinraum/crypto'
import { type PackedSketches, sketchVersion, strideFor } from '@reinraum/policy'
import { type HistoryPlace, historyEntryKey, historyPlace, longestHistoryEntry } from '@reinraum/statements'
import { z } from 'zod'

/** What sketches are made by and of: those of another kind cannot be compared. */
export interface SketchKind {
  /** of the query engine, whose hash is in them */
  readonly engine: string
  /** of the slot's rule */
  readonly minimum: number
}

const suite = 'ChaCha20-Poly1305'
const overhead = 12 + 16
const shortestEntry = 1024
const newline = 0x0a

const headerSchema = z.strictObject({
  v: z.literal('reinraum/history-entry/v1'),
  sketch: z.string(),
  engine: z.string(),
  minimum: z.int(),
  /** bytes of sketches; what follows them fills up to a length that many entries have */
  length: z.int().min(0),
})

/**
 * The cells that one run added, sealed for those who get the history's key, for their place after `head` and no other.
 * @throws ReinraumError `history-full` for more cells than an entry holds
 */
export function sealEntry(
  key: Uint8Array,
  place: HistoryPlace,
  head: string,
  sketches: PackedSketches,
  kind: SketchKind,
): Uint8Array {
  const bytes = littleEndian(sketches)
  const header = canonicalBytes({ v: 'reinraum/history-entry/v1', sketch: sketchVersion, ...kind, length: bytes.length })
  const content = concatBytes(header, Uint8Array.of(newline), bytes)
  let length = shortestEntry
  while (length - overhead < content.length) length *= 2
  if (length > longestHistoryEntry)
    throw new ReinraumError('history-full', 'the result has more cells than an entry of a history holds')
  const padded = new Uint8Array(length - overhead)
  padded.set(content)
  return sealRecord(historyEntryKey(key, place), padded, boundTo(place, head), suite)
}

/** @throws ReinraumError `history-unreadable` whatever is wrong with it, above all that another version made it */
export function openEntry(
  key: Uint8Array,
  place: HistoryPlace,
  head: string,
  entry: Uint8Array,
  kind: SketchKind,
): PackedSketches {
  try {
    const content = openRecord(historyEntryKey(key, place), entry, boundTo(place, head), suite)
    const end = content.indexOf(newline)
    const header = headerSchema.parse(parseStrictJson(utf8(fromUtf8(content.subarray(0, end)))))
    const same = header.sketch === sketchVersion && header.engine === kind.engine && header.minimum === kind.minimum
    const whole = header.length % (strideFor(kind.minimum) * 4) === 0 && end + 1 + header.length <= content.length
    if (!same || !whole) throw new Error('another kind of sketches')
    return fromLittleEndian(content.subarray(end + 1, end + 1 + header.length))
  } catch (cause) {
    throw new ReinraumError('history-unreadable', `the history of ${place.slot} does not open here`, { cause })
  }
}

function boundTo(place: HistoryPlace, head: string): Uint8Array {
  return concatBytes(utf8(`${head}\n`), historyPlace(place))
}

function littleEndian(words: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4))
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true)
  return new Uint8Array(view.buffer)
}

function fromLittleEndian(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true))
}
