import { describe, expect, test } from 'vitest'
import { type NoisyTable, namedNoiseSchema } from './named-noise.ts'

const column: NoisyTable['columns'][number] = {
  ...{ name: 'rows', mechanism: 'discreteLaplace', scale: '5/2', grid: '1' },
  ...{ sensitivity: { l1: '1', l2Squared: '1' }, epsilon: '2/5', rho: '2/25' },
}
const noise: NoisyTable = {
  groups: ['district'],
  columns: [column],
  outputs: [{ columns: ['visits'], of: ['rows'] }],
  threshold: { column: 'rows', minimum: '20', delta: null },
}
const accepts = (change: object) => namedNoiseSchema.safeParse([{ ...noise, ...change }]).success
const acceptsColumn = (change: object) => accepts({ columns: [{ ...column, ...change }] })

describe('noise that a receipt names', () => {
  test('is exact numbers as text', () => {
    expect(namedNoiseSchema.parse([noise, { ...noise, groups: [] }])).toHaveLength(2)
    expect(acceptsColumn({ mechanism: 'discreteGaussian', epsilon: null })).toBe(true)
    for (const scale of ['0.5', '-1', '1e3', '5/0', '5/', '/2', '05', ' 5', '5/2/1', 'NaN', '', '9'.repeat(401), 2.5, null])
      expect(acceptsColumn({ scale })).toBe(false)
    expect(acceptsColumn({ sensitivity: { l1: '1/2', l2Squared: '1' } })).toBe(false)
  })

  test('holds nothing else: no cell, no draw, no number of groups', () => {
    expect(acceptsColumn({ noise: '3' })).toBe(false)
    expect(accepts({ count: 12 })).toBe(false)
    expect(accepts({ threshold: { ...noise.threshold, hidden: 3 } })).toBe(false)
    expect(acceptsColumn({ mechanism: 'gaussian' })).toBe(false)
    const sparedBy = (spared: unknown) => accepts({ threshold: { ...noise.threshold, spared } })
    expect(sparedBy({ column: 'rows', minimum: '60' })).toBe(true)
    for (const more of [
      null,
      { column: 'rows' },
      { column: 'rows', minimum: '60', groups: '3' },
      { column: 'rows', minimum: 60 },
    ])
      expect(sparedBy(more)).toBe(false)
  })

  test('has an end', () => {
    expect(accepts({ columns: Array.from({ length: 1000 }, () => column) })).toBe(true)
    expect(accepts({ columns: Array.from({ length: 1001 }, () => column) })).toBe(false)
    expect(accepts({ columns: [] })).toBe(false)
    const tables = (length: number) => namedNoiseSchema.safeParse(Array.from({ length }, () => noise)).success
    expect([0, 1, 100, 101].map(tables)).toEqual([false, true, true, false])
    expect(acceptsColumn({ name: 'x'.repeat(201) })).toBe(false)
    expect(accepts({ outputs: [{ columns: [], of: Array.from({ length: 9 }, () => 'rows') }] })).toBe(false)
  })
})
