import { execFile } from 'node:child_process'
import { constants, createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Source } from './source.ts'

/**
 * The source's rows as a Parquet byte stream. DuckDB writes into a named pipe, so the plaintext is never on disk a second
 * time and memory does not grow with the file.
 * @returns the stream and, once it has ended, the number of rows
 * @throws ReinraumError `schema-mismatch` when a value does not convert, `unreadable-input`, while the stream is read
 */
export function encodeParquet(source: Source): { readonly bytes: AsyncGenerator<Uint8Array>; rowCount(): number } {
  let rows = -1
  async function* produce(): AsyncGenerator<Uint8Array> {
    const directory = await mkdtemp(join(tmpdir(), 'reinraum-seal-'))
    const pipe = join(directory, 'pipe')
    const stop = new AbortController()
    let writing: Promise<unknown> | undefined
    try {
      await promisify(execFile)('mkfifo', ['-m', '600', pipe]).catch((cause) => {
        throw new ReinraumError('unsupported', 'this system has no named pipes (mkfifo)', { cause })
      })
      const copy = copyInto(source, pipe, stop.signal)
      // Awaited below; a failure before then must not count as unhandled.
      copy.catch(() => {})
      for await (const chunk of createReadStream(pipe, { highWaterMark: 1 << 20 })) {
        writing = copy
        yield chunk as Uint8Array
      }
      rows = await copy
      requireCounted(source, rows)
    } finally {
      stop.abort()
      // Whoever stops reading does not wait for the rest of the file, but for the engine, which calls back for what it counts.
      if (rows < 0) source.interrupt()
      await writing?.catch(() => {})
      await rm(directory, { recursive: true, force: true })
    }
  }
  return {
    bytes: produce(),
    rowCount() {
      if (rows < 0) throw new ReinraumError('internal', 'the row count is known only after the stream has ended')
      return rows
    },
  }
}

/** What is stated of the rows is of all of them, each seen once: their copy lets nothing pass that was not counted. */
function requireCounted({ units }: Source, rows: number): void {
  if (units !== undefined && units.rows() !== rows)
    throw new ReinraumError('internal', `of ${rows} rows, ${units.rows()} were counted`)
}

async function copyInto(source: Source, pipe: string, stopped: AbortSignal): Promise<number> {
  try {
    const { rowsChanged } = await source.run(
      `COPY (${source.selectSql}) TO '${pipe.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    )
    return rowsChanged
  } catch (cause) {
    if (isReinraumError(cause) || stopped.aborted) throw cause
    const mismatch = await source.explainMismatch().catch(() => '')
    if (mismatch !== '') throw new ReinraumError('schema-mismatch', mismatch, { cause })
    throw new ReinraumError('unreadable-input', 'the file could not be read to its end', { cause })
  } finally {
    await releaseReader(pipe)
  }
}

/** If DuckDB failed before it opened the pipe, the reader still waits for a writer: be one for a moment. */
async function releaseReader(pipe: string): Promise<void> {
  const handle = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined)
  await handle?.close()
}
