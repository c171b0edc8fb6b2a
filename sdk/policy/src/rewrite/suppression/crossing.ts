import type { Node } from '../../ast/build.ts'
import * as ast from '../../ast/build.ts'
import { maskColumn, maskOf, rowsColumn } from '../cells.ts'
import { askedSets, type Family } from '../family.ts'
import { type CellsSoFar, column, extend } from '../pieces.ts'
import {
  all,
  any,
  anywhere,
  type Decided,
  flag,
  isNotOne,
  isOfSet,
  isOne,
  reachesMinimum,
  type Subject,
  unitsTogether,
  within,
} from './subject.ts'

// Sets that cross (CUBE; by place beside by time) make cells that overlap. D is the union of all cells that are too small,
// D's rows being told apart by the cells of the set that is finer than all others. A cell is shown if it lies outside D, or
// if it holds all of D and D stands for the minimum of units. Visible cells then are constant on D, and so is whatever is
// computed linearly from them. A cell that is too small lies within D and is not all of it, since D has more units; one
// that is hidden beside it holds a part of D. Neither is constant on D. (If D has too few units, what is visible is 0 on
// D, and no hidden cell is.) Where D has too few units, the smallest visible cell joins it, of a set
// that has cells which are too small, of the finest such set.
//
// Groups that all sets have split the cells into parts that no set mixes, and each part has a D of its own.

/** Requires that the first set holds the groups of all others. */
export function hideCrossing(family: Family, cells: CellsSoFar, subject: Subject, minimum: number): Decided {
  const [finest = []] = family.sets
  const shown = askedSets(family)
  const part = within(
    family,
    finest.filter((group) => shown.every((set) => set.includes(group))),
  )
  const { hidden, measures } = subject
  const step = (name: string) => `${family.name}_${hidden}_${name}`
  const isShown = any(shown.map((set) => isOfSet(family, set)))
  const isFinest = isOfSet(family, finest)

  const small = all([isShown, isOne(hidden)])
  const together = measures.map((m, i) => ({ name: `units_${i}`, value: unitsTogether(m, minimum, small, part) }))
  const candidate = all([isShown, isNotOne(hidden), ...measures.map((m) => reachesMinimum(m.name, minimum))])
  const kin = anywhere(small, { partitions: [...part.partitions, column(maskColumn)] })
  const sized = extend(cells, step('kin'), [{ name: 'kin', value: ast.choose(flagOf(kin), ast.integer(0n), ast.integer(1n)) }])
  const order = [
    column('kin'),
    groupsLeftOut(family),
    column(rowsColumn),
    ...family.groups.map((g) => column(g.name)),
    column(maskColumn),
  ]
  const place = ast.window('row_number', [], { partitions: [...part.partitions, flag(candidate)], orders: order })
  const found = extend(sized, step('small'), [
    ...together,
    { name: 'place', value: place },
    { name: 'some', value: anywhere(small, part) },
  ])

  const enough = all(measures.map((m, i) => reachesOrNone(`units_${i}`, m.rows !== null, minimum)))
  const first = ast.comparison('COMPARE_EQUAL', column('place'), ast.integer(1n))
  const joins = all([isOne('some'), candidate, first, ast.negation(flagIs(enough))])
  const chosen = extend(found, step('chosen'), [
    { name: 'within', value: flag(any([small, joins])) },
    { name: 'enough', value: anywhere(any([enough, joins]), part) },
  ])

  const inside = any(
    shown.map((set) =>
      ast.comparison(
        'COMPARE_EQUAL',
        anywhere(all([isOfSet(family, set), isOne('within')]), within(family, set)),
        ast.integer(1n),
      ),
    ),
  )
  const marked = extend(chosen, step('marked'), [{ name: 'inside', value: flag(all([isFinest, inside])) }])
  const counted = extend(marked, step('counted'), [
    { name: 'all_inside', value: ast.window('sum', [column('inside')], part) },
    {
      name: 'own_inside',
      value: ast.chooseFirst(
        shown.map((set) => ({ when: isOfSet(family, set), result: ast.window('sum', [column('inside')], within(family, set)) })),
        ast.integer(0n),
      ),
    },
  ])
  const touches = ast.comparison('COMPARE_GREATERTHAN', column('own_inside'), ast.integer(0n))
  const holdsAll = all([ast.comparison('COMPARE_EQUAL', column('own_inside'), column('all_inside')), isOne('enough')])
  const shows = ast.choose(any([ast.negation(flagIs(touches)), holdsAll]), column(hidden), ast.integer(1n))
  const last = { ...counted, columns: cells.columns }
  const result = extend(last, step('done'), [{ name: hidden, value: shows }])
  return { pieces: [sized, found, chosen, marked, counted, result], cells: result }
}

function flagOf(one: Node): Node {
  return ast.comparison('COMPARE_EQUAL', one, ast.integer(1n))
}

/** A condition as a comparison, which can be negated and is never NULL. */
function flagIs(condition: Node): Node {
  return flagOf(flag(condition))
}

function reachesOrNone(name: string, noneIsFine: boolean, minimum: number): Node {
  const enough = reachesMinimum(name, minimum)
  return noneIsFine ? any([enough, ast.comparison('COMPARE_EQUAL', column(name), ast.integer(0n))]) : enough
}

/** Finer cells first. */
function groupsLeftOut(family: Family): Node {
  const branches = family.sets.map((set) => ({
    when: ast.comparison('COMPARE_EQUAL', column(maskColumn), maskOf(family, set)),
    result: ast.integer(BigInt(family.groups.length - set.length)),
  }))
  return ast.chooseFirst(branches, ast.nothing())
}
