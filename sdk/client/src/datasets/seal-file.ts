import { open } from 'node:fs/promises'
import { createSha256, sealStream, toHex } from '@reinraum/crypto'
import type { DatasetSchema } from '@reinraum/statements'
import { fileError } from '../file-error.ts'
import { encodeParquet } from './encode.ts'
import { openSource } from './source.ts'

export interface SealFileOptions {
  /** Parquet, CSV, TSV, JSON or NDJSON, in the clear */
  readonly file: string
  /** columns to take, in the types that they get */
  readonly schema: DatasetSchema
  /** where the ciphertext goes */
  readonly target: string
  /** 32 bytes */
  readonly key: Uint8Array
  readonly context: Uint8Array
  /** the column whose values tell privacy units apart, where it is to be counted how many rows each has */
  readonly unit?: string
  /** ciphertext bytes so far */
  readonly onProgress?: (sealedBytes: number) => void
  readonly signal?: AbortSignal
}

export interface SealedFile {
  readonly rowCount: number
  /** the most rows that one unit has; null where there are too many units to count, undefined where nobody asked for it */
  readonly mostRowsPerUnit: number | null | undefined
  /** SHA-256 of the ciphertext */
  readonly object: string
  /** ciphertext bytes */
  readonly length: number
}

/**
 * Seals a file as Parquet in one pass, in memory that does not grow with it.
 * @throws ReinraumError `unreadable-input`, `schema-mismatch`, `storage-full`
 */
export async function sealFile(options: SealFileOptions): Promise<SealedFile> {
  const { file, schema, target, key, context, unit, signal } = options
  const source = await openSource(file, schema, unit)
  try {
    const parquet = encodeParquet(source)
    const hash = createSha256()
    let length = 0
    const out = await open(target, 'w', 0o600)
    try {
      for await (const chunk of sealStream(parquet.bytes, { key, context })) {
        signal?.throwIfAborted()
        hash.update(chunk)
        await out.writeFile(chunk)
        length += chunk.length
        options.onProgress?.(length)
      }
      await out.sync()
    } finally {
      await out.close()
    }
    const mostRowsPerUnit = source.units?.most()
    return { rowCount: parquet.rowCount(), mostRowsPerUnit, object: `sha256:${toHex(hash.digest())}`, length }
  } catch (error) {
    throw signal?.aborted === true ? error : fileError(error, target, `cannot write ${target}`)
  } finally {
    source.close()
  }
}
