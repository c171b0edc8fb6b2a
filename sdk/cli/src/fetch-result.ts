import { rename, rm } from 'node:fs/promises'
import { convertTable, formatOfFile, inspectResult, type OpenedResult, openResult, type Session } from '@reinraum/client'
import type { VerifiedContract } from '@reinraum/statements'
import type { Outcome } from './command.ts'
import { writeNew } from './files.ts'
import { lines } from './output.ts'
import { receiptJson, receiptText } from './receipt-text.ts'

export interface FetchOptions {
  /** .parquet, .csv or .json */
  readonly out: string
  readonly receipt?: string
  /** as a reviewer with `inspect`, before the release */
  readonly inspect?: boolean
}

/** Opens a result into a file of the format that its name asks for, and says what proves it. */
export async function fetchResult(
  session: Session,
  contract: VerifiedContract,
  runId: string,
  options: FetchOptions,
): Promise<Outcome> {
  const format = formatOfFile(options.out)
  const open = options.inspect === true ? inspectResult : openResult
  const partial = `${options.out}.${process.pid}.parquet`
  let opened: OpenedResult
  try {
    opened = await open(session, contract, runId, partial)
    if (format !== 'parquet') await convertTable(partial, options.out, format)
    else await rename(partial, options.out)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  if (options.receipt !== undefined) await writeNew(options.receipt, opened.receiptBundle, 0o644)
  const text = [
    lines([
      ['result', options.out],
      ['rows', opened.rowCount],
    ]),
    receiptText(opened.verification),
  ].join('\n')
  return { text, json: { runId, file: options.out, rowCount: opened.rowCount, receipt: receiptJson(opened.verification) } }
}
