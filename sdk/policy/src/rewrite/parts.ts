import type { CoreAggregate } from '../analysis/block.ts'
import { booleanConstant, integerConstant } from '../analysis/constants.ts'
import { type Column, columnsOf, type Expression, keyOf } from '../analysis/expression.ts'
import { complementOf } from '../analysis/regions.ts'
import { booleanType } from '../analysis/types.ts'
import * as ast from '../ast/build.ts'
import { refuse } from '../reasons.ts'
import { hasSets, isSameCell, maskColumn, maskOf } from './cells.ts'
import { askedSets } from './family.ts'
import { measuresOf } from './measures.ts'
import { column, extend, type Piece, piece } from './pieces.ts'
import type { FamilyOverRows } from './rows.ts'
import { anywhere, flag, isOfSet, isOne, reachesMinimum, within } from './suppression/subject.ts'
import { countAtOnce } from './units.ts'

// Conditions of several aggregates cut a cell into parts: the rows for which the same of them hold. Each condition may have
// enough units on either side, and a part may not: `count(*)` less those younger than 33 less those older is whoever is 33.
// What is computed linearly from aggregates under conditions is a sum over parts, so every part that is not empty must
// stand for the minimum of units, or no aggregate under a condition is shown in its cell.

const maximumConditions = 24
/** The column that is 1 where a part of a cell, or of one that shares rows with it, has too few units. */
export const fewColumn = 'few'

export interface CellsWithParts {
  readonly pieces: readonly Piece[]
  readonly cells: Piece
}

/** The cells beside whether one of their parts is too small; undefined where a threshold per condition says as much. */
export function findSmallParts(family: FamilyOverRows, cells: Piece, minimum: number): CellsWithParts | undefined {
  const parts = familyOfParts(family)
  if (parts === undefined) return undefined
  const measures = measuresOf(parts, false)
  const counted = countAtOnce(parts, { measures, minimum, sketched: false })
  const enough = ast.conjunction(
    'and',
    measures.ofCell.map((m) => reachesMinimum(m.name, minimum)),
  )
  const mask = family.sets.map((set, i) => ({
    when: ast.comparison('COMPARE_EQUAL', column(maskColumn), maskOf(parts, parts.sets[i] ?? [])),
    result: maskOf(family, set),
  }))
  const keys = [
    ...family.groups.map(({ name }) => ({ name, value: column(name) })),
    ...(hasSets(family) ? [{ name: maskColumn, value: ast.chooseFirst(mask, ast.nothing()) }] : []),
  ]
  const small = ast.call('sum', [ast.choose(enough, ast.integer(0n), ast.integer(1n))])
  const found = piece(`${family.name}_fewest`, [...keys, { name: fewColumn, value: small }], {
    from: ast.table(counted.cells.name, 'x'),
    groups: keys.map((_, i) => i + 1),
  })
  const beside = addTo(family, cells, found)
  const overlapping = hasSets(family) ? [beside, ...inAllThatOverlap(family, beside)] : [beside]
  return { pieces: [...counted.pieces, found, ...overlapping], cells: overlapping.at(-1) ?? beside }
}

/** Whether an aggregate counts some rows only, or values that conditions made per privacy unit. */
export function isUnderCondition({ filter, value }: CoreAggregate): boolean {
  return filter !== null || flagsIn(value).length > 0
}

function flagsIn(value: Expression | null): readonly Column[] {
  return value === null ? [] : columnsOf(value).filter((c) => c.sides?.some((side) => side.without) === true)
}

/** The same cells, cut by every condition. */
function familyOfParts(family: FamilyOverRows): FamilyOverRows | undefined {
  const filters = byKey(family.aggregates.flatMap(({ filter }) => (filter === null ? [] : [filter])))
  const flags = byKey(family.aggregates.flatMap(({ value }) => flagsIn(value)))
  const [first, second] = filters
  const sided =
    filters.length === 2 && first !== undefined && second !== undefined && keyOf(complementOf(first)) === keyOf(second)
  if ((sided ? 1 : filters.length) + flags.length < 2) return undefined
  const conditions = [...filters, ...byKey(flags.flatMap((flag) => (flag.sides ?? []).map(({ rows }) => isSome(rows))))]
  if (conditions.length > maximumConditions) {
    refuse('too-complex', `aggregates over the same rows have at most ${maximumConditions} different conditions`)
  }
  const named = conditions.map((condition, i) => ({ name: `f${i}`, value: isTrue(condition) }))
  const places = named.map((_, i) => family.groups.length + i)
  return {
    ...family,
    name: `${family.name}_parts`,
    groups: [...family.groups, ...named],
    sets: family.sets.map((set) => [...set, ...places]),
    aggregates: [],
    besides: [],
  }
}

function byKey<E extends Expression>(expressions: readonly E[]): readonly E[] {
  return [...new Map(expressions.map((e) => [keyOf(e), e])).values()]
}

/** Of a unit that has rows on a side. */
function isSome(rows: Column): Expression {
  return { kind: 'compare', op: 'COMPARE_GREATERTHAN', left: rows, right: integerConstant(0n), type: booleanType }
}

/** Never NULL; the conditions of rows never are. */
function isTrue(condition: Expression): Expression {
  if (condition.kind === 'column') return condition
  const branches = [{ when: condition, result: booleanConstant(true) }]
  return { kind: 'case', branches, otherwise: booleanConstant(false), type: booleanType }
}

function addTo(family: FamilyOverRows, cells: Piece, found: Piece): Piece {
  const on = isSameCell(family)
  const from = ast.join(on === null ? 'INNER' : 'LEFT', ast.table(cells.name, 'x'), ast.table(found.name, 'y'), on)
  const none = ast.comparison('COMPARE_EQUAL', ast.column('y', fewColumn), ast.integer(0n))
  return extend(
    cells,
    `${family.name}_beside`,
    [{ name: fewColumn, value: ast.choose(none, ast.integer(0n), ast.integer(1n)) }],
    {
      from,
    },
  )
}

/**
 * Where a cell's aggregates are hidden because of its parts, so are those of all cells that share rows with it: no total
 * gives back what its other cells leave.
 */
function inAllThatOverlap(family: FamilyOverRows, cells: Piece): readonly Piece[] {
  const [finest = []] = family.sets
  const of = (set: readonly number[]) =>
    anywhere(ast.conjunction('and', [isOfSet(family, set), isOne(fewColumn)]), within(family, set))
  const one = (node: ast.Node) => ast.comparison('COMPARE_EQUAL', node, ast.integer(1n))
  const inside = extend(cells, `${family.name}_inside`, [
    {
      name: 'inside',
      value: flag(
        ast.conjunction('and', [
          isOfSet(family, finest),
          ast.conjunction(
            'or',
            askedSets(family).map((set) => one(of(set))),
          ),
        ]),
      ),
    },
  ])
  const branches = family.sets.map((set) => ({
    when: isOfSet(family, set),
    result: anywhere(isOne('inside'), within(family, set)),
  }))
  const spread = extend(inside, `${family.name}_spread`, [{ name: fewColumn, value: ast.chooseFirst(branches, ast.integer(1n)) }])
  return [inside, { ...spread, columns: spread.columns.filter((name) => name !== 'inside') }]
}
