import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createSha256, type DigestId, sealStream, toHex, utf8 } from '@reinraum/crypto'
import { type ResultContent, writeResultFile } from '@reinraum/statements'

export interface SealedResult {
  readonly file: string
  /** SHA-256 of the sealed bytes */
  readonly object: DigestId
  /** sealed bytes */
  readonly length: number
}

/** A query's result as Parquet. */
export interface PlainResult extends ResultContent {
  readonly file: string
}

/** Seals the padded result under the run's result key, beside it in memory. */
export async function sealResult(
  result: PlainResult,
  sealed: string,
  resultKey: Uint8Array,
  runId: string,
): Promise<SealedResult> {
  // No further than it was measured, whoever might still write to it.
  const parquet = createReadStream(result.file, { highWaterMark: 1 << 20, end: result.length - 1 })
  const hash = createSha256()
  let length = 0
  const out = await open(sealed, 'wx', 0o600)
  try {
    for await (const chunk of sealStream(writeResultFile(parquet, result), { key: resultKey, context: utf8(runId) })) {
      hash.update(chunk)
      length += chunk.length
      await out.writeFile(chunk)
    }
  } finally {
    await out.close()
  }
  return { file: sealed, object: `sha256:${toHex(hash.digest())}`, length }
}
