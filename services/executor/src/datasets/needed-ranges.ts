import type { Scan } from '@reinraum/policy'
import type { ByteRange } from './byte-ranges.ts'
import type { ParquetFooter } from './parquet-footer.ts'
import type { Reads } from './row-groups.ts'

/**
 * What all of the scans read of a file, but for its footer: the columns of each, in the row groups that it reads. Columns are whole
 * or not there at all in a row group.
 */
export function neededRanges({ rowGroups }: ParquetFooter, scans: readonly Scan[], reads: Reads): readonly ByteRange[] {
  const columnsOf = new Map(scans.map((scan) => [scan, namesIn(scan)]))
  return rowGroups.flatMap((rowGroup) => {
    const needed = new Set<string>()
    for (const [scan, names] of columnsOf) if (reads(rowGroup, scan)) for (const name of names) needed.add(name)
    return rowGroup.filter(({ name }) => needed.has(name)).flatMap(({ ranges }) => ranges)
  })
}

function namesIn({ columns, conditions }: Scan): readonly string[] {
  return [...columns, ...conditions.map(({ column }) => column)].map((name) => name.toLowerCase())
}
