import { expect } from 'vitest'
import type { Database, Row } from '../data.ts'
import { type Cells, countsOf, type Unit, widthOf } from './cells.ts'

/** What stands behind a cell, as plain SQL counts it. */
interface Behind {
  readonly units: number
  readonly values: readonly number[]
  /** whether the unit that one of the databases lacks is in it */
  readonly touched: boolean
}

/** What one database shows, and what stands behind it. */
export interface View {
  readonly shown: ReadonlyMap<string, Row>
  readonly behind: ReadonlyMap<string, Behind>
}

const text = (cells: Row) => JSON.stringify(cells.map((c) => (c === null ? null : String(c))))

/** The cells that a rewritten query shows. */
export async function shownCells(database: Database, rewritten: string, spec: Cells): Promise<View['shown']> {
  const width = widthOf(spec)
  const rows = await database.query(rewritten)
  return new Map(rows.map((row): [string, Row] => [text(row.slice(0, width)), row.slice(width)]))
}

/** What stands behind all cells, shown or not. */
export async function unitsBehind(database: Database, spec: Cells, unit: Unit): Promise<View['behind']> {
  const width = widthOf(spec)
  const rows = await database.query(countsOf(spec, unit))
  return new Map(
    rows.map((row): [string, Behind] => {
      const [units, touched, ...values] = row.slice(width)
      return [text(row.slice(0, width)), { units: Number(units), touched: touched === true, values: values.map(Number) }]
    }),
  )
}

/** How many cells show in one of the two only; fails where a cell differs that must not. */
export function compareViews(whole: View, lacking: View, spec: Cells): number {
  const { minimum, rollup } = spec
  const nobody: Behind = { units: 0, touched: false, values: spec.values.map(() => 0) }
  const before = (key: string) => whole.behind.get(key) ?? nobody
  const after = (key: string) => lacking.behind.get(key) ?? nobody
  const makesTheMinimum = (more: number, less: number) => more === minimum && less === minimum - 1
  const atTheEdge = (key: string) => before(key).touched && makesTheMinimum(before(key).units, after(key).units)
  const keys = [...new Set([...whole.behind.keys(), ...whole.shown.keys(), ...lacking.shown.keys()])]
  const turned = keys.filter((key) => whole.shown.has(key) !== lacking.shown.has(key))
  // totals hide further cells beside one that is suppressed: some cell is at the edge then, not each that turns
  const someEdge = keys.some(atTheEdge)
  for (const key of turned) expect({ key, edge: rollup === true ? someEdge : atTheEdge(key) }).toEqual({ key, edge: true })
  for (const key of keys) {
    const [a, b] = [whole.shown.get(key), lacking.shown.get(key)]
    if (a !== undefined) expect(before(key).units).toBeGreaterThanOrEqual(minimum)
    if (b !== undefined) expect(after(key).units).toBeGreaterThanOrEqual(minimum)
    for (const [i, value] of (a ?? []).entries())
      if (value !== null) expect(before(key).values[i]).toBeGreaterThanOrEqual(minimum)
    for (const [i, value] of (b ?? []).entries()) if (value !== null) expect(after(key).values[i]).toBeGreaterThanOrEqual(minimum)
    if (a === undefined || b === undefined) continue
    if (!before(key).touched) expect({ key, values: text(b) }).toEqual({ key, values: text(a) })
    for (const [i, value] of a.entries()) {
      if ((value === null) === (b[i] === null)) continue
      const [more, less] = [before(key).values[i] ?? 0, after(key).values[i] ?? 0]
      expect({ key, i, more, less }).toEqual({ key, i, more: minimum, less: minimum - 1 })
    }
  }
  return turned.length
}
