import type { Scan } from '@reinraum/policy'
import type { Column } from '@reinraum/statements'
import type { Reservation } from '../memory/run-memory.ts'
import { type ByteRange, joined } from './byte-ranges.ts'
import { bytesInPages } from './dataset-bytes.ts'
import { neededRanges } from './needed-ranges.ts'
import { footerLength, parseFooter } from './parquet-footer.ts'
import { readsOf } from './row-groups.ts'
import type { SparseFile } from './sparse-file.ts'

export interface Wanted {
  readonly scans: readonly Scan[]
  /** the column that its owner lets show in which row groups are read */
  readonly clusteredBy: Column | undefined
}

/**
 * Makes those parts of a Parquet file be there that the scans read, and its footer. A query that reads others fails: a hole is
 * where a page header should be, and zeros are none. A footer that makes no sense here is left to the query engine, with the
 * whole file: it judges it behind all that confines it.
 * @param gap what lies between two ranges is taken along up to here; a file that is no longer is unsealed whole
 */
export async function unsealDataset(
  file: SparseFile,
  wanted: Wanted,
  reservation: Pick<Reservation, 'requireRoom' | 'pageBytes'>,
  signal: AbortSignal,
  gap: number,
): Promise<void> {
  const ranges = (file.length <= gap ? undefined : await choose(file, wanted, signal, gap)) ?? [
    { offset: 0, length: file.length },
  ]
  const whole = joined(ranges, gap)
  reservation.requireRoom(file.path, bytesInPages(whole, file.length, reservation.pageBytes))
  await file.ensure(whole, signal)
}

/** As much is read of a file's end without knowing how long its footer is: to ask again takes longer than to decrypt this. */
const likelyFooterBytes = 128 * 1024

async function choose(file: SparseFile, { scans, clusteredBy }: Wanted, signal: AbortSignal, gap: number) {
  const isKept = file.isThere({ offset: file.length - 8, length: 8 })
  const tail = await readEnd(file, isKept ? 8 : Math.min(file.length, Math.max(gap, likelyFooterBytes)), signal)
  const length = footerLength(tail, file.length)
  if (length === undefined) return undefined
  const start = file.length - length
  const footer = parseFooter(
    (length <= tail.length ? tail.subarray(-length) : await readEnd(file, length, signal)).subarray(0, -8),
    start,
  )
  if (footer === undefined) return undefined
  const ends: ByteRange[] = [
    { offset: 0, length: 4 },
    { offset: start, length },
  ]
  return [...ends, ...neededRanges(footer, scans, readsOf(footer, clusteredBy))]
}

function readEnd(file: SparseFile, length: number, signal: AbortSignal): Promise<Uint8Array> {
  return file.read(file.length - length, length, signal)
}
