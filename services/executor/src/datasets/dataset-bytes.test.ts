import { sealedLength } from '@reinraum/crypto'
import type { Condition, Scan } from '@reinraum/policy'
import type { Manifest, Verified } from '@reinraum/statements'
import { expect, it } from 'vitest'
import { bytesInPages, leastBytes, mostBytes } from './dataset-bytes.ts'

const columns = [
  { name: 'Day', type: 'DATE' },
  { name: 'word', type: 'VARCHAR' },
]

/** Of a million bytes; only what is asked of a manifest here. */
function manifestOf(more: Partial<Manifest> = {}): Pick<Verified<Manifest>, 'document'> {
  return { document: { schema: { columns }, length: sealedLength(1_000_000), ...more } as Manifest }
}

const least = (scans: readonly Scan[], more?: Partial<Manifest>) => leastBytes(new Map([['words', manifestOf(more)]]), scans)

it('datasets take no more than all of each', () => {
  const both = new Map([
    ['a', manifestOf()],
    ['b', manifestOf()],
  ])
  const most = mostBytes(both)
  expect(most >= 2_000_000 && most < 2_020_000).toBe(true)
})

it('parts of a file take the pages in which they are, and no more than the file', () => {
  const parts = [
    { offset: 0, length: 4 },
    { offset: 5_000_000, length: 20_000 },
    { offset: 5_030_000, length: 1 },
  ]
  expect(bytesInPages(parts, 10_000_000, 4096)).toBe(4 * 16_384)
  expect(bytesInPages(parts, 10_000_000, 2 ** 21)).toBe(2 * 2 ** 21)
  expect(bytesInPages(parts, 5_040_000, 2 ** 23)).toBe(1231 * 4096)
})

it('they take no less only where all columns of all rows are read', () => {
  const condition: Condition = { column: 'day', operator: '>', value: { type: 'DATE', value: 0n } }
  const [day, word] = [
    { slot: 'words', columns: ['day'], conditions: [] },
    { slot: 'words', columns: ['WORD'], conditions: [] },
  ]
  expect(least([day, word])).toBe(1_000_000)
  expect(least([day])).toBe(0)
  expect(least([])).toBe(0)
  const some = { slot: 'words', columns: ['day', 'word'], conditions: [condition] }
  // Row groups are left out only by the column that the owner named.
  expect(least([some])).toBe(1_000_000)
  expect(least([some], { clusteredBy: 'Day' })).toBe(0)
  expect(least([some, day, word], { clusteredBy: 'Day' })).toBe(1_000_000)
})
