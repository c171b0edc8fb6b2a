import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { lanePlanes, laneWordsFor } from '../differencing/cell-sketch.ts'
import { groupedBy, keysOf } from './cells.ts'
import type { Family } from './family.ts'
import type { ComparedMeasure } from './history.ts'
import type { Measure } from './measures.ts'
import { column, type Named, type Piece, piece } from './pieces.ts'
import type { FamilyOverRows } from './rows.ts'
import { keyed, merge, selectRows } from './units.ts'

// What cells are compared by (`differencing/cell-sketch.ts`), in two steps. The rows of a cell are parted into lanes by a hash of
// their unit, and of each lane there is the number of rows and the sum of the hashes: what a lane holds of a few hundred rows is
// as small as that of one. Then each lane becomes bits of a hash of both. Were rows turned into bits directly, a unit with two
// rows would leave no trace, and where every unit has two, as behind a join, all cells would look alike.

const bitsPerWord = 64
const laneColumn = 'lane'

export interface SketchedCells {
  readonly pieces: readonly Piece[]
  readonly cells: Piece
}

/** Cells with the sketches of all compared measures; those of one dataset's units share a scan. */
export function sketchCells(family: FamilyOverRows, cells: Piece, measures: readonly ComparedMeasure[]): SketchedCells {
  const pieces: Piece[] = []
  let current = cells
  const distinct = new Map(measures.map((m) => [namesOf(m.measure, m.minimum).rows, m]))
  const scans = Map.groupBy(distinct.values(), ({ measure, minimum }) => `${minimum} ${ast.textOf(measure.base)}`)
  for (const together of scans.values()) {
    const [first] = together
    if (first === undefined) continue
    const name = (step: string) => `${family.name}_${step}_${namesOf(first.measure, first.minimum).own}`
    const words = laneWordsFor(first.minimum)
    const lanes = partIntoLanes(family, name('lanes'), together, words)
    const sketched = turnIntoBits(family, name('bits'), lanes, together, words)
    const names = together.flatMap(({ measure, minimum }) => columnsOf(measure, minimum))
    const found = names.map((column) => ({ name: column, value: ast.column('y', column) }))
    current = merge(family, name('compared'), current, sketched, () => ast.nothing(), [], found)
    pieces.push(lanes, sketched, current)
  }
  return { pieces, cells: current }
}

function partIntoLanes(family: FamilyOverRows, name: string, measures: readonly ComparedMeasure[], words: number): Piece {
  const [first] = measures
  const unit = { name: 'u', value: first?.measure.base ?? ast.nothing() }
  const rows = selectRows(family, [...measures.map(({ measure }) => ({ name: measure.name, value: measure.unit })), unit])
  const from = ast.subquery(ast.select(rows), 'r')
  const lane = ast.call('&', [ast.call('hash', [ast.column('r', 'u')]), ast.integer(BigInt(words * bitsPerWord - 1))])
  const keys = keyed(family)
  const list: readonly Named[] = [
    ...keys.slice(0, family.groups.length),
    { name: laneColumn, value: lane },
    ...keys.slice(family.groups.length),
    ...measures.flatMap(({ measure }) => {
      const own = ast.column('r', measure.name)
      const present = ast.operator('OPERATOR_IS_NOT_NULL', [own])
      return [
        { name: rowsOf(measure), value: ast.call('count', [own]) },
        { name: sumOf(measure), value: ast.call('sum', [ast.choose(present, ast.call('hash', [own]), ast.nothing())]) },
      ]
    }),
  ]
  const position = family.groups.length + 1
  const sets = (groupedBy(family).sets ?? [[]]).map((set) => [...set, position])
  return piece(name, list, { from, sets })
}

function turnIntoBits(family: Family, name: string, lanes: Piece, measures: readonly ComparedMeasure[], words: number): Piece {
  const keys = keysOf(family)
  const list: readonly Named[] = [
    ...keys.map((key) => ({ name: key, value: column(key) })),
    ...measures.flatMap(({ measure, minimum }) => {
      const { rows, sum, lanes: names } = namesOf(measure, minimum)
      return [
        { name: rows, value: ast.call('sum', [column(rowsOf(measure))]) },
        { name: sum, value: ast.call('sum', [column(sumOf(measure))]) },
        ...names.map((bits, i) => ({ name: bits, value: bitsOf(measure, i, words) })),
      ]
    }),
  ]
  return piece(name, list, {
    from: ast.table(lanes.name, 'x'),
    ...(keys.length === 0 ? {} : { groups: keys.map((_, i) => i + 1) }),
  })
}

/** One word of one of a lane's bits. A lane without rows on this side is 0. */
function bitsOf(measure: Measure, index: number, words: number): Node {
  const [word, plane] = [index % words, Math.floor(index / words)]
  const mask = ast.integer(1n << BigInt(plane))
  const held = ast.call('hash', [column(rowsOf(measure)), column(sumOf(measure))])
  const set = ast.comparison('COMPARE_EQUAL', ast.call('&', [held, mask]), mask)
  const some = ast.comparison('COMPARE_GREATERTHAN', column(rowsOf(measure)), ast.integer(0n))
  const within = ast.call('&', [column(laneColumn), ast.integer(BigInt((words - 1) * bitsPerWord))])
  const here = words === 1 ? [] : [ast.comparison('COMPARE_EQUAL', within, ast.integer(BigInt(word * bitsPerWord)))]
  const place = ast.call('&', [column(laneColumn), ast.integer(BigInt(bitsPerWord - 1))])
  const bit = ast.call('<<', [ast.cast(ast.integer(1n), 'UBIGINT'), place])
  return ast.call('bit_xor', [ast.choose(ast.conjunction('and', [...here, some, set]), bit, ast.nothing())])
}

const rowsOf = ({ name }: Measure) => `n_${name}`
const sumOf = ({ name }: Measure) => `s_${name}`

export function namesOf({ name }: Measure, minimum: number) {
  const own = `d${name.slice(1)}k${minimum}`
  const lanes = Array.from({ length: laneWordsFor(minimum) * lanePlanes }, (_, i) => `${own}_${i}`)
  return { own, rows: `${own}_rows`, sum: `${own}_sum`, lanes }
}

function columnsOf(measure: Measure, minimum: number): readonly string[] {
  const { rows, sum, lanes } = namesOf(measure, minimum)
  return [rows, sum, ...lanes]
}
