import type { Node } from '../../ast/build.ts'
import * as ast from '../../ast/build.ts'
import type { Family } from '../family.ts'
import type { Measure } from '../measures.ts'
import { type CellsSoFar, column, extend, type Piece } from '../pieces.ts'
import {
  all,
  any,
  anywhere,
  type Decided,
  flag,
  type GroupingSet,
  isNotOne,
  isOfSet,
  isOne,
  reachesMinimum,
  type Subject,
  smallestFirst,
  unitsTogether,
  within,
} from './subject.ts'

// Sets that lie one within the other (ROLLUP; a total beside its parts) make cells that are nested or disjoint. What is
// left of a visible cell without the visible cells in it is its rest. Rests are disjoint, and every visible cell is the
// union of the rests in it, so whatever is computed linearly from visible cells is computed from rests. If every rest that
// is not empty stands for the minimum of units, a cell of fewer units is no union of rests, and not in their span.
//
// The rest of a cell is made of hidden cells of the finest set (leaves) whose cells in between are all hidden too. Level by
// level, from below: where the leaves of a rest have too few units together, the smallest visible leaf under the cell that
// has enough of them joins, with its cells in between. Its units alone are enough, and whatever its cells in between had
// as their rests was empty or enough before. If there is no such leaf, the cell is hidden, and what is hidden in it counts
// for the cells above it.

/** Requires sets from the finest to the coarsest, each within the one before. */
export function hideInChain(family: Family, cells: CellsSoFar, subject: Subject, minimum: number): Decided {
  const [leaves = [], ...levels] = family.sets
  const above = (level: number) => `${subject.hidden}_${level}`
  const step = (name: string) => `${family.name}_${subject.hidden}_${name}`
  let current = extend(
    cells,
    step('levels'),
    levels.map((set, level) => ({
      name: above(level),
      value: anywhere(all([isOfSet(family, set), isOne(subject.hidden)]), within(family, set)),
    })),
  )
  const pieces: Piece[] = [current]
  const isLeaf = isOfSet(family, leaves)
  for (const [level, set] of levels.entries()) {
    for (const measure of subject.measures) {
      const over = within(family, set)
      const between = levels.slice(0, level).map((_, below) => isOne(above(below)))
      const free = all([isLeaf, isOne(subject.hidden), ...between])
      const candidate = all([isLeaf, isNotOne(subject.hidden), reachesMinimum(measure.name, minimum)])
      const rest = extend(current, step(`rest_${level}_${measure.name}`), [
        { name: 'some', value: anywhere(free, over) },
        { name: 'units', value: unitsTogether(measure, minimum, free, over) },
        { name: 'candidates', value: anywhere(candidate, over) },
        {
          name: 'place',
          value: ast.window('row_number', [], {
            partitions: [...over.partitions, flag(candidate)],
            orders: smallestFirst(family),
          }),
        },
      ])
      const few = all([isNotOne(above(level)), tooFew(measure, minimum)])
      const joins = all([few, candidate, ast.comparison('COMPARE_EQUAL', column('place'), ast.integer(1n))])
      const kept = { ...rest, columns: rest.columns.filter((c) => !['some', 'units', 'candidates', 'place'].includes(c)) }
      current = extend(kept, step(`level_${level}_${measure.name}`), [
        { name: subject.hidden, value: flag(any([isOne(subject.hidden), joins])) },
        ...levels.slice(0, level).map((lower, below) => ({
          name: above(below),
          value: anywhere(any([isOne(above(below)), joins]), within(family, lower)),
        })),
        { name: above(level), value: flag(any([isOne(above(level)), all([few, isNotOne('candidates')])])) },
      ])
      pieces.push(rest, current)
    }
  }
  const told = { ...current, columns: current.columns.filter((c) => levels.every((_, level) => c !== above(level))) }
  const result = extend(told, step('done'), [
    { name: subject.hidden, value: ofEveryLevel(family, subject, levels, isLeaf, above) },
  ])
  return { pieces: [...pieces, result], cells: result }
}

/** Whether the leaves of a rest, if there are any, have too few units together. */
function tooFew({ rows }: Measure, minimum: number): Node {
  const below = ast.comparison('COMPARE_LESSTHAN', column('units'), ast.integer(BigInt(minimum)))
  const some = rows === null ? isOne('some') : ast.comparison('COMPARE_GREATERTHAN', column('units'), ast.integer(0n))
  return all([some, below])
}

/** What was decided on the leaves' rows, in the rows of the cells themselves. */
function ofEveryLevel(
  family: Family,
  subject: Subject,
  levels: readonly GroupingSet[],
  isLeaf: Node,
  above: (level: number) => string,
): Node {
  const branches = levels.map((set, level) => ({
    when: isOfSet(family, set),
    result: anywhere(all([isLeaf, isOne(above(level))]), within(family, set)),
  }))
  return ast.chooseFirst(branches, column(subject.hidden))
}
