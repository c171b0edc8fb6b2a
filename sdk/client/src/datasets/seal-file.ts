import { open } from 'node:fs/promises'
import { type ByteSource, createSha256, type EnvelopeOptions, sealStream, toHex } from '@reinraum/crypto'
import { createEnvelopeThreads } from '@reinraum/envelope'
import type { DatasetSchema } from '@reinraum/statements'
import { fileError } from '../file-error.ts'
import { encodeParquet } from './encode.ts'
import { openSource, type SourceOptions } from './source.ts'

export interface SealFileOptions extends SourceOptions {
  /** Parquet, CSV, TSV, JSON or NDJSON, in the clear */
  readonly file: string
  /** columns to take, in the types that they get */
  readonly schema: DatasetSchema
  /** where the ciphertext goes */
  readonly target: string
  /** 32 bytes */
  readonly key: Uint8Array
  readonly context: Uint8Array
  /** ciphertext bytes so far, and how much of the work is done, from 0 to 1; twice a second also where nothing comes out yet */
  readonly onProgress?: (sealedBytes: number, share: number) => void
  readonly signal?: AbortSignal
}

export interface SealedFile {
  readonly rowCount: number
  /** the most rows that one unit has; null where there are too many units to count, undefined where nobody asked for it */
  readonly mostRowsPerUnit: number | null | undefined
  /** rows that were left out because their units had enough already */
  readonly leftOut: number
  /** SHA-256 of the ciphertext */
  readonly object: string
  /** ciphertext bytes */
  readonly length: number
}

/**
 * Seals a file as Parquet, in memory that does not grow with it: in one pass, or in several where its rows are clustered.
 * @throws ReinraumError `unreadable-input`, `schema-mismatch`, `storage-full`, `unsupported`
 */
export async function sealFile(options: SealFileOptions): Promise<SealedFile> {
  const { file, schema, target, key, context, signal } = options
  const source = await openSource(file, schema, options)
  const parquet = encodeParquet(source, signal)
  let length = 0
  const report = () => options.onProgress?.(length, parquet.share())
  const reporting = setInterval(report, 500)
  try {
    const hash = createSha256()
    const out = await open(target, 'w', 0o600)
    try {
      for await (const chunk of envelopeOf(parquet.bytes, { key, context }, source.size)) {
        signal?.throwIfAborted()
        hash.update(chunk)
        await out.writeFile(chunk)
        length += chunk.length
        report()
      }
      await out.sync()
    } finally {
      await out.close()
    }
    const [mostRowsPerUnit, leftOut] = [source.units?.most(), source.units?.leftOut() ?? 0]
    return { rowCount: parquet.rowCount(), mostRowsPerUnit, leftOut, object: `sha256:${toHex(hash.digest())}`, length }
  } catch (error) {
    throw signal?.aborted === true ? error : fileError(error, target, `cannot write ${target}`)
  } finally {
    clearInterval(reporting)
    source.close()
  }
}

/** From so many bytes on, threads save more than it takes to start them. */
const manyBytes = 16 << 20

async function* envelopeOf(bytes: ByteSource, options: EnvelopeOptions, size: number): AsyncGenerator<Uint8Array> {
  if (size < manyBytes) return yield* sealStream(bytes, options)
  const threads = createEnvelopeThreads({ threads: 2 })
  try {
    yield* threads.seal(bytes, options)
  } finally {
    await threads.close()
  }
}
