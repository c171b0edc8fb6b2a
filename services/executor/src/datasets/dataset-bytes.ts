import { envelopeLayout, unsealedLength } from '@reinraum/crypto'
import type { Scan } from '@reinraum/policy'
import type { Manifest, Verified } from '@reinraum/statements'
import { type ByteRange, bytesIn, endOf, joined } from './byte-ranges.ts'

/**
 * What ranges of a file take in memory at most: it is written in chunks, and memory is given out in pages, but of large ones none
 * goes beyond the file's end.
 * @param length of the file
 */
export function bytesInPages(ranges: readonly ByteRange[], length: number, pageBytes: number): number {
  const unit = Math.max(pageBytes, chunkLength)
  const pages = ranges.map((range) => {
    const offset = Math.floor(range.offset / unit) * unit
    return { offset, length: Math.ceil(endOf(range) / unit) * unit - offset }
  })
  return Math.min(bytesIn(joined(pages)), Math.ceil(length / smallPageBytes) * smallPageBytes)
}

const { chunkLength } = envelopeLayout
const smallPageBytes = 4096

type Manifests = ReadonlyMap<string, Pick<Verified<Manifest>, 'document'>>

/**
 * What the decrypted datasets of a run take, all of each.
 * @throws ReinraumError `decryption-failed` for a length that no envelope has
 */
export function mostBytes(manifests: Manifests): number {
  const lengths = [...manifests.values()].map(({ document }) => unsealedLength(document.length))
  return lengths.reduce((sum, length) => sum + bytesInPages([{ offset: 0, length }], length, smallPageBytes), 0)
}

/**
 * What they will take for certain: those of which all columns of all rows are read. The columns' lengths
 * stand in sealed footers.
 */
export function leastBytes(manifests: Manifests, scans: readonly Scan[]): number {
  const whole = [...manifests].filter(([slot, { document }]) => {
    return readsAll(
      document,
      scans.filter((scan) => scan.slot === slot),
    )
  })
  return whole.reduce((sum, [, { document }]) => sum + unsealedLength(document.length), 0)
}

function readsAll({ schema, clusteredBy }: Manifest, scans: readonly Scan[]): boolean {
  const rows = scans.filter(({ conditions }) => clusteredBy === undefined || conditions.length === 0)
  const read = new Set(rows.flatMap(({ columns }) => columns.map((name) => name.toLowerCase())))
  return schema.columns.every(({ name }) => read.has(name.toLowerCase()))
}
