import { join } from 'node:path'
import {
  assertNew,
  convertTable,
  formatOfFile,
  inspectResult,
  type OpenedResult,
  openResult,
  type Session,
  writeNewBytes,
  writeNewFile,
} from '@reinraum/client'
import type { VerifiedContract } from '@reinraum/statements'
import type { Outcome } from './command.ts'
import { lines } from './output.ts'
import { receiptJson, receiptText } from './receipt-text.ts'

export interface FetchOptions {
  /** .parquet, .csv or .json */
  readonly out: string
  readonly receipt?: string
  /** as a reviewer with `inspect`, before the release */
  readonly inspect?: boolean
}

/**
 * Says before anything is asked what would fail in the end: a file that exists already, or one of another format.
 * @throws ReinraumError `already-exists`, `invalid-argument`
 */
export async function assertFetchable({ out, receipt }: FetchOptions): Promise<void> {
  formatOfFile(out)
  for (const file of [out, receipt]) if (file !== undefined) await assertNew(file)
}

/** Opens a result into a file of the format that its name asks for, and says what proves it. */
export async function fetchResult(
  session: Session,
  contract: VerifiedContract,
  runId: string,
  options: FetchOptions,
): Promise<Outcome> {
  await assertFetchable(options)
  const format = formatOfFile(options.out)
  const open = options.inspect === true ? inspectResult : openResult
  const opened = await writeNewFile(options.out, async (file, folder): Promise<OpenedResult> => {
    const parquet = format === 'parquet' ? file : join(folder, 'result.parquet')
    const result = await open(session, contract, runId, parquet)
    if (format !== 'parquet') await convertTable(parquet, file, format)
    // What can fail comes before either file is in its place.
    if (options.receipt !== undefined) await writeNewBytes(options.receipt, result.receiptBundle, 0o644)
    return result
  })
  const text = [
    lines([
      ['result', options.out],
      ['rows', opened.rowCount],
    ]),
    receiptText(opened.verification),
  ].join('\n')
  return { text, json: { runId, file: options.out, rowCount: opened.rowCount, receipt: receiptJson(opened.verification) } }
}
