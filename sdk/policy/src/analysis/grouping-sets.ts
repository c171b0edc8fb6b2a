import { groupingNode } from '../ast/nodes.ts'
import { offsetWithin, read, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { setColumn } from './block.ts'
import { integerConstant } from './constants.ts'
import type { Expression } from './expression.ts'
import { bigintType, booleanType } from './types.ts'

/** Indices of groups, rising within a set; the parser has written ROLLUP and CUBE out already. */
export type GroupingSets = readonly (readonly number[])[]

const maximumSets = 32
const maximumGroups = 24

/** The sets of GROUP BY over distinct expressions: `places` says where each listed expression is among them. */
export function readSets(listed: GroupingSets, places: readonly number[], offset: number | undefined): GroupingSets {
  const whole = [...new Set(places)].sort((a, b) => a - b)
  const sets = listed.length === 0 ? [whole] : listed.map((set) => rising(set.map((i) => places[i] ?? outside(offset))))
  if (new Set(sets.map(String)).size !== sets.length) {
    refuse('grouping-sets-not-allowed', 'GROUP BY lists the same grouping set twice', offset)
  }
  if (sets.length > 1 && (sets.length > maximumSets || whole.length > maximumGroups)) {
    refuse('too-complex', `GROUP BY has at most ${maximumSets} grouping sets of ${maximumGroups} expressions`, offset)
  }
  return sets
}

function rising(places: readonly number[]): readonly number[] {
  return [...new Set(places)].sort((a, b) => a - b)
}

function outside(offset: number | undefined): never {
  return refuse('construct-not-allowed', 'the query uses a construct that the guard does not know', offset)
}

/**
 * grouping(a, b): a bit per argument, the last one lowest, set where the row's grouping set leaves the argument out. It
 * says something of the query and nothing of the data.
 */
export function groupingOf(node: unknown, sets: GroupingSets, indexOf: (child: unknown) => number): Expression | undefined {
  if (tagOf(node, 'type') !== 'GROUPING_FUNCTION') return undefined
  const { children } = read(groupingNode, node)
  const offset = offsetWithin(node)
  if (children.length === 0 || children.length > 31) refuse('not-grouped', 'grouping() takes expressions of GROUP BY', offset)
  const places = children.map((child) => {
    const index = indexOf(child)
    return index >= 0 ? index : refuse('not-grouped', 'grouping() takes expressions of GROUP BY', offsetWithin(child) ?? offset)
  })
  const bits = sets.map((set) => places.reduce((value, place) => value * 2n + (set.includes(place) ? 0n : 1n), 0n))
  const number = (value: bigint): Expression => ({ kind: 'cast', value: integerConstant(value), type: bigintType })
  if (new Set(bits).size === 1) return number(bits[0] ?? 0n)
  const branches = bits.map((value, i) => ({
    when: { kind: 'compare', op: 'COMPARE_EQUAL', left: whichSet, right: integerConstant(BigInt(i)), type: booleanType } as const,
    result: number(value),
  }))
  return { kind: 'case', branches, otherwise: number(0n), type: bigintType }
}

const whichSet: Expression = { kind: 'column', table: 'c', name: setColumn, type: bigintType, slot: null }
