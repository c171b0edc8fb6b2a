import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isReinraumError, ReinraumError, zeroise } from '@reinraum/crypto'
import type { Pieces } from './cluster.ts'
import { joinParquet } from './join-parquet.ts'
import type { Source } from './source.ts'

export interface Encoding {
  /** each piece is valid until the next is asked for */
  readonly bytes: AsyncGenerator<Uint8Array>
  /** rows, once the stream has ended */
  rowCount(): number
  /** how much of the work is done, from 0 to 1; an estimate where the file is read several times */
  share(): number
}

/**
 * The source's rows as a Parquet byte stream. DuckDB writes into a named pipe, so the plaintext is never on disk a second
 * time and memory does not grow with the file.
 * @throws ReinraumError `schema-mismatch` when a value does not convert, `unreadable-input`, while the stream is read
 */
export function encodeParquet(source: Source, signal?: AbortSignal): Encoding {
  const done = { rows: 0, readings: 0, ended: false }
  let readings = 1
  async function* produce(): AsyncGenerator<Uint8Array> {
    const directory = await mkdtemp(join(tmpdir(), 'reinraum-seal-'))
    const interrupt = () => source.interrupt()
    signal?.addEventListener('abort', interrupt)
    try {
      const pieces = await planned(source, signal)
      const { selects } = pieces
      if (pieces.rows !== undefined) done.readings = 1
      readings = done.readings + selects.length
      const pipe = await makePipe(directory)
      async function* parts() {
        for (const select of selects) yield part(select)
      }
      async function* part(select: string) {
        signal?.throwIfAborted()
        done.rows += yield* copyThrough(source, pipe, copyOf(select, pipe, pieces.groupRows), signal)
        done.readings += 1
      }
      yield* selects.length === 1 ? part(selects[0] ?? '') : joinParquet(parts())
      await requireAll(source, done.rows, pieces.rows)
      done.ended = true
    } finally {
      signal?.removeEventListener('abort', interrupt)
      await rm(directory, { recursive: true, force: true })
    }
  }
  return {
    bytes: produce(),
    rowCount() {
      if (!done.ended) throw new ReinraumError('internal', 'the row count is known only after the stream has ended')
      return done.rows
    },
    share: () => (done.ended ? 1 : Math.min(1, (done.readings + source.share()) / readings)),
  }
}

async function planned(source: Source, signal: AbortSignal | undefined): Promise<Pieces> {
  try {
    signal?.throwIfAborted()
    return await source.pieces()
  } catch (cause) {
    throw await failureOf(source, cause, signal)
  }
}

async function makePipe(directory: string): Promise<string> {
  const pipe = join(directory, 'pipe')
  await promisify(execFile)('mkfifo', ['-m', '600', pipe]).catch((cause) => {
    throw new ReinraumError('unsupported', 'this system has no named pipes (mkfifo)', { cause })
  })
  return pipe
}

function copyOf(select: string, pipe: string, groupRows: number): string {
  const options = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows}`
  return `COPY (${select}) TO '${pipe.replaceAll("'", "''")}' (${options})`
}

/** What one statement writes into the pipe. @returns its rows */
async function* copyThrough(
  source: Source,
  pipe: string,
  copySql: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, number> {
  const stop = new AbortController()
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal])
  let writing: Promise<unknown> | undefined
  let ended = false
  try {
    const copy = copyInto(source, pipe, copySql, stopped)
    // Awaited below; a failure before then must not count as unhandled.
    copy.catch(() => {})
    for await (const chunk of readPipe(pipe)) {
      writing = copy
      // The engine does not hear of an end that comes before it has begun.
      signal?.throwIfAborted()
      yield chunk
    }
    const rows = await copy
    signal?.throwIfAborted()
    ended = true
    return rows
  } finally {
    stop.abort()
    // Whoever stops reading does not wait for the rest of the file, but for the engine, which calls back for what it counts.
    if (!ended) source.interrupt()
    await writing?.catch(() => {})
  }
}

async function copyInto(source: Source, pipe: string, copySql: string, stopped: AbortSignal): Promise<number> {
  try {
    return (await source.run(copySql)).rowsChanged
  } catch (cause) {
    throw await failureOf(source, cause, stopped)
  } finally {
    await releaseReader(pipe)
  }
}

async function failureOf(source: Source, cause: unknown, stopped: AbortSignal | undefined): Promise<unknown> {
  if (stopped?.aborted === true) return stopped.reason
  if (isReinraumError(cause)) return cause
  const failure = source.units?.failure()
  if (failure !== undefined) return failure
  const mismatch = await source.explainMismatch().catch(() => '')
  if (mismatch !== '') return new ReinraumError('schema-mismatch', mismatch, { cause })
  return new ReinraumError('unreadable-input', 'the file could not be read to its end', { cause })
}

/** What is stated of the rows is of all of them, each seen once: their copy lets nothing pass that was not counted. */
async function requireAll(source: Source, rows: number, expected: number | undefined): Promise<void> {
  const { units } = source
  const failure = units?.failure()
  if (failure !== undefined) throw failure
  if (units !== undefined && units.rows() !== rows)
    throw new ReinraumError('internal', `of ${rows} rows, ${units.rows()} were counted`)
  if (expected === undefined) return
  // Read several times, it must have been the same each time: else a row may be there twice, or not at all.
  await source.requireUnchanged()
  const found = rows + (units?.leftOut() ?? 0)
  if (found !== expected) throw new ReinraumError('unreadable-input', `the file had ${expected} rows and then ${found}`)
}

/** As much as a pipe holds (pipe(7)). */
const pipeBytes = 1 << 16

/** In the same memory each time: a stream of the file system would make a buffer for every read, which V8 has to collect. */
async function* readPipe(pipe: string): AsyncGenerator<Uint8Array> {
  const reader = await open(pipe, 'r')
  const buffer = new Uint8Array(pipeBytes)
  try {
    for (;;) {
      const { bytesRead } = await reader.read(buffer)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    // It is plaintext.
    zeroise(buffer)
    await reader.close()
  }
}

/** If DuckDB failed before it opened the pipe, the reader still waits for a writer: be one for a moment. */
async function releaseReader(pipe: string): Promise<void> {
  const handle = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined)
  await handle?.close()
}
