import { refuse } from '../reasons.ts'
import { booleanConstant, integerConstant } from './constants.ts'
import { type Expression, keyOf } from './expression.ts'
import { checkFilter, type Rules } from './rules.ts'
import { booleanType } from './types.ts'

/** Rows of a group, picked by a condition, over which the argument of an aggregate is one expression without any. */
export interface Region {
  /** null for all rows */
  readonly filter: Expression | null
  /** a NULL constant where no branch gives a value */
  readonly value: Expression
}

const maximumRegions = 16

/**
 * An argument with CASE, or with a condition cast to a number, as regions. Each condition must be one that could stand
 * in WHERE; the thresholds on both of its sides are the rewrite's.
 */
export function regionsOf(argument: Expression, rules: Rules, offset: number | undefined): readonly Region[] {
  const visit = (e: Expression): readonly Region[] => {
    switch (e.kind) {
      case 'column':
      case 'constant':
        return [{ filter: null, value: e }]
      case 'case':
        return branches(e, visit, rules, offset)
      case 'cast':
        if (e.value.type.family === 'boolean' && e.type.family !== 'boolean') return indicator(e.value, rules, offset)
        return visit(e.value).map(({ filter, value }) => ({ filter, value: isNull(value) ? value : { ...e, value } }))
      case 'arithmetic':
        return visit(e.left).flatMap((a) =>
          visit(e.right).map((b) => ({
            filter: both(a.filter, b.filter),
            value: isNull(a.value) ? a.value : isNull(b.value) ? b.value : { ...e, left: a.value, right: b.value },
          })),
        )
      case 'call': {
        const [first, ...rest] = e.args
        if (first === undefined || rest.some((r) => r.kind !== 'constant')) break
        return visit(first).map(({ filter, value }) => ({
          filter,
          value: isNull(value) ? value : { ...e, args: [value, ...rest] },
        }))
      }
      default:
        break
    }
    return refuse(
      'aggregate-not-allowed',
      'an aggregate takes columns, arithmetic and CASE; write other conditions as CASE',
      offset,
    )
  }
  const regions = visit(argument)
  if (regions.length > maximumRegions) refuse('too-complex', 'an aggregate has too many branches', offset)
  return regions
}

type Case = Extract<Expression, { kind: 'case' }>

function branches(
  e: Case,
  visit: (e: Expression) => readonly Region[],
  rules: Rules,
  offset: number | undefined,
): readonly Region[] {
  let before: Expression | null = null
  const found: Region[] = []
  for (const { when, result } of e.branches) {
    checkFilter(when, rules, offset)
    const here = both(before, when)
    for (const { filter, value } of visit(result)) found.push({ filter: both(here, filter), value })
    before = both(before, isNotTrue(when))
  }
  for (const { filter, value } of visit(e.otherwise)) found.push({ filter: both(before, filter), value })
  return found
}

/** `(a = 1)::INTEGER`: 1, 0, or NULL. */
function indicator(condition: Expression, rules: Rules, offset: number | undefined): readonly Region[] {
  checkFilter(condition, rules, offset)
  return [
    { filter: condition, value: integerConstant(1n) },
    { filter: { kind: 'not', term: condition, type: booleanType }, value: integerConstant(0n) },
  ]
}

export function isNull(value: Expression): boolean {
  return value.kind === 'constant' && value.text === null
}

export function isZero(value: Expression): boolean {
  return value.kind === 'constant' && value.text !== null && Number(value.text) === 0
}

export function both(a: Expression | null, b: Expression | null): Expression | null {
  return a === null ? b : b === null ? a : { kind: 'logic', op: 'and', terms: [a, b], type: booleanType }
}

/** false or NULL: what the next branch of a CASE sees. */
export function isNotTrue(condition: Expression): Expression {
  const not: Expression = { kind: 'not', term: condition, type: booleanType }
  return { kind: 'coalesce', values: [not, booleanConstant(true)], type: booleanType }
}

/** All other rows: of what is not true, those for which it is. */
export function complementOf(condition: Expression): Expression {
  return complementedBy(condition) ?? isNotTrue(condition)
}

/** The condition that this one is the complement of; null if it was not made as one. */
export function complementedBy(condition: Expression): Expression | null {
  const [first] = condition.kind === 'coalesce' ? condition.values : []
  return first?.kind === 'not' && keyOf(isNotTrue(first.term)) === keyOf(condition) ? first.term : null
}
