import { envelopeLayout, type MessageKeys } from '@reinraum/crypto'
import { type ChunkSpan, cutSpans } from './chunk-span.ts'
import type { Target } from './job.ts'
import { inLanes } from './lanes.ts'
import { type OpenSource, readRange } from './source.ts'
import type { ThreadPool } from './thread-pool.ts'

const { headerLength, sealedChunkLength } = envelopeLayout
/** 4 MiB of a local file to a job: a message costs nothing beside it, and the end still comes to all threads at once. */
const mostChunksOfFile = 256
const fewestChunksOfFile = 16
/** A buffer of fetched ciphertext, 1 MiB, and how much one request asks for, 8 MiB. */
const chunksOfBuffer = 64
const chunksOfFetch = 512
const fetches = 4

/** An envelope as its threads see it. */
export interface Unsealing {
  readonly pool: ThreadPool
  readonly envelope: number
  readonly keys: MessageKeys
  readonly source: OpenSource
  readonly ciphertextLength: number
}

/** Writes chunks to the target. When it settles, no thread reads or writes for it any more. */
export async function unsealSpans(
  unsealing: Unsealing,
  target: Target,
  spans: readonly ChunkSpan[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const failed = new AbortController()
  const ends = AbortSignal.any([signal, failed.signal])
  const raise = () => void Atomics.store(stop, 0, 1)
  ends.addEventListener('abort', raise)
  const { source, pool } = unsealing
  const chunks = spans.reduce((sum, { first, end }) => sum + end - first, 0)
  const each = Math.ceil(chunks / (4 * pool.threads))
  const ofFile = Math.min(Math.max(each, fewestChunksOfFile), mostChunksOfFile)
  const [lanes, works, work] =
    source.fd === undefined
      ? ([fetches, eachAlone(cutSpans(spans, chunksOfFetch)), unsealFetched] as const)
      : ([2 * pool.threads, gathered(cutSpans(spans, ofFile), ofFile), unsealFromFile] as const)
  try {
    await inLanes(
      lanes,
      works,
      () => failed.abort(),
      async (together) => {
        ends.throwIfAborted()
        await work(unsealing, target, together, stop, ends)
      },
    )
  } catch (error) {
    // What failed because it was told to end is no reason of its own.
    signal.throwIfAborted()
    throw error
  } finally {
    ends.removeEventListener('abort', raise)
  }
  signal.throwIfAborted()
}

/** Each span by itself. */
function* eachAlone(spans: Iterable<ChunkSpan>): Generator<readonly ChunkSpan[], void, void> {
  for (const span of spans) yield [span]
}

/** Spans that follow each other together until they have `enough` chunks: a message costs as much as a few chunks. */
function* gathered(spans: Iterable<ChunkSpan>, enough: number): Generator<readonly ChunkSpan[], void, void> {
  let together: ChunkSpan[] = []
  let chunks = 0
  for (const span of spans) {
    together.push(span)
    chunks += span.end - span.first
    if (chunks < enough) continue
    yield together
    ;[together, chunks] = [[], 0]
  }
  if (together.length > 0) yield together
}

type UnsealTogether = (
  unsealing: Unsealing,
  target: Target,
  spans: readonly ChunkSpan[],
  stop: Int32Array<SharedArrayBuffer>,
  signal: AbortSignal,
) => Promise<void>

const unsealFromFile: UnsealTogether = async ({ pool, envelope, keys, source, ciphertextLength }, target, spans, stop) => {
  const ciphertext = { fd: source.fd ?? -1 }
  const parts = spans.map((span) => ({ first: span.first, length: lengthOf(span, ciphertextLength) }))
  await pool.run({ kind: 'unseal', envelope, parts, ciphertext, target, stop }, keys)
}

const unsealFetched: UnsealTogether = async (unsealing, target, spans, stop, signal) => {
  for (const span of spans) await unsealRange(unsealing, target, span, stop, signal)
}

/** Two buffers take turns: while threads open the one, the other is filled. */
async function unsealRange(
  { pool, envelope, keys, source, ciphertextLength }: Unsealing,
  target: Target,
  span: ChunkSpan,
  stop: Int32Array<SharedArrayBuffer>,
  signal: AbortSignal,
): Promise<void> {
  const newBuffer = () => new ArrayBuffer(Math.min(chunksOfBuffer, span.end - span.first) * sealedChunkLength)
  const range = readRange(source, offsetOf(span.first), lengthOf(span, ciphertextLength), signal)
  let filling = newBuffer()
  let opening: Promise<ArrayBuffer> | undefined
  try {
    for (const { first, end } of cutSpans([span], chunksOfBuffer)) {
      const length = lengthOf({ first, end }, ciphertextLength)
      await range.fill(new Uint8Array(filling, 0, length))
      const job = { kind: 'unseal', envelope, parts: [{ first, length }], ciphertext: { bytes: filling }, target, stop } as const
      const before = opening
      opening = pool.run(job, keys, [filling]).then(({ spare }) => spare ?? newBuffer())
      opening.catch(() => {})
      filling = await (before ?? newBuffer())
    }
    await range.end()
    await opening
  } finally {
    range.close()
    await opening?.catch(() => {})
  }
}

function offsetOf(chunk: number): number {
  return headerLength + chunk * sealedChunkLength
}

/** Bytes of ciphertext: the last chunk of the message is shorter than the others. */
function lengthOf({ first, end }: ChunkSpan, ciphertextLength: number): number {
  return Math.min(offsetOf(end), ciphertextLength) - offsetOf(first)
}
