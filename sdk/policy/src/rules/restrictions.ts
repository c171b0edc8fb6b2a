import { type AccessPeriod, type AnalysisRule, type DifferentialPrivacy, type RuleMode, ruleModes } from '@reinraum/statements'
import type { Slot } from '../analysis/slots.ts'
import { decimalText, millionthsOf } from './decimal.ts'
import { ordered } from './ordered.ts'

export interface JoinRequirement {
  readonly slot: string
  readonly owner: string | null
  readonly condition: 'any' | 'all' | 'blocked'
  /** sorted; null where any other member will do */
  readonly with: readonly string[] | null
}

export type Reviewer = NonNullable<NonNullable<AnalysisRule['results']>['reviewers']>[number]

/**
 * What the rules of all datasets that a query reads ask of it together. Lists are sorted and hold nothing twice, so that equal
 * restrictions are equal values; what is said of single columns is no part of it (`analysis/rules.ts`).
 */
export interface Restrictions {
  /** kinds of queries that may run; `aggregation` includes queries that were approved */
  readonly modes: readonly RuleMode[]
  /** distinct units per row; null where no protected dataset is read */
  readonly minimumGroupSize: number | null
  readonly maxRows: number
  readonly maxBytes: number | null
  /** aggregates of a column too, where count(*) beside them speaks of few units without a value; only if a rule asks for it */
  readonly complementarySuppression: boolean
  /** cells that could be computed from totals and their visible parts; unless the rule of a protected dataset says false */
  readonly complementaryCells: boolean
  /** slots whose cells are compared with all that was shown of them before; sorted */
  readonly differencing: readonly string[]
  /** numbers that come out are multiples of this decimal; null where they are as they are */
  readonly rounding: string | null
  /** beside the list of safe functions */
  readonly scalarFunctions: readonly string[]
  readonly joins: readonly JoinRequirement[]
  /** how several equalities of one join may be connected */
  readonly joinOperators: readonly ('and' | 'or')[]
  /** null where the contract's recipients alone count */
  readonly recipients: readonly string[] | null
  readonly reviewers: readonly Reviewer[]
  /** each is debited, or the query does not run */
  readonly accessBudgets: readonly { readonly slot: string; readonly period: AccessPeriod; readonly max: number }[]
  /** as for access budgets */
  readonly ledgers: readonly { readonly slot: string; readonly noise: DifferentialPrivacy }[]
}

/** What one dataset's rule asks of a query that reads it. */
export function restrictionsOf({ id: slot, owner, rule, unit }: Pick<Slot, 'id' | 'owner' | 'rule' | 'unit'>): Restrictions {
  const { output, results, accessBudget = [], differentialPrivacy } = rule
  return {
    modes: modesOf(rule, unit === null),
    minimumGroupSize: unit === null ? null : output.minimumGroupSize,
    maxRows: output.maxRows,
    maxBytes: output.maxBytes ?? null,
    complementarySuppression: output.complementarySuppression === true,
    complementaryCells: unit !== null && output.complementarySuppression !== false,
    differencing: unit !== null && output.differencing !== undefined ? [slot] : [],
    rounding: output.rounding === undefined ? null : decimalText(millionthsOf(output.rounding)),
    scalarFunctions: ordered(rule.scalarFunctions ?? []),
    joins: joinOf(slot, owner, rule),
    joinOperators: ordered(rule.join?.operators ?? (unit === null ? ['and', 'or'] : ['and'])),
    recipients: results === undefined ? null : ordered(results.recipients),
    reviewers: ordered(results?.reviewers ?? []),
    accessBudgets: ordered(accessBudget.map((budget) => ({ slot, ...budget }))),
    ledgers: differentialPrivacy === undefined ? [] : [{ slot, noise: differentialPrivacy }],
  }
}

/** Where any query may run, an approved one may too. Public reference data protects nobody, so no shape of query shows too much. */
function modesOf({ modes }: AnalysisRule, isPublic: boolean): readonly RuleMode[] {
  if (isPublic) return ordered(ruleModes)
  return ordered(modes.includes('aggregation') ? [...modes, 'template'] : modes)
}

function joinOf(slot: string, owner: string | null, { join }: AnalysisRule): readonly JoinRequirement[] {
  if (join === undefined || join.condition === 'notRequired') return []
  return [{ slot, owner, condition: join.condition, with: join.with === undefined ? null : ordered(join.with) }]
}
