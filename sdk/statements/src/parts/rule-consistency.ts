import type { z } from 'zod'
import type { AnalysisRule } from './analysis-rule.ts'
import { largestMinimumWithDifferencing } from './differencing-bound.ts'

type Fault = (path: readonly string[], message: string) => void

/** What the parts of a rule must say of each other. Each message says what is wrong and, after a semicolon, what to write. */
export function checkRule(rule: AnalysisRule, context: z.core.$RefinementCtx): void {
  const fault: Fault = (path, message) => context.addIssue({ code: 'custom', path: [...path], message })
  checkJoin(rule, fault)
  checkOverlap(rule, fault)
  checkNoise(rule, fault)
  checkDifferencing(rule, fault)
}

function checkJoin({ join, privacyUnit }: AnalysisRule, fault: Fault): void {
  if (join === undefined) return
  if (join.condition === 'all' && join.with === undefined) {
    fault(['join', 'with'], 'all needs the members whose datasets must be joined; add with: [member, …]')
  }
  if (join.condition === 'blocked' && join.with !== undefined) {
    fault(['join', 'with'], 'blocked takes no members; leave with out, or write condition: any')
  }
  if (join.condition === 'blocked' && join.operators !== undefined) {
    fault(['join', 'operators'], 'blocked allows no join at all; leave operators out')
  }
  if (privacyUnit === 'none' && (join.condition === 'any' || join.condition === 'all')) {
    fault(['join', 'condition'], 'public reference data needs no protection by joins; write notRequired')
  }
}

function checkOverlap({ modes, columns, privacyUnit }: AnalysisRule, fault: Fault): void {
  if (!modes.includes('overlap') || privacyUnit === 'none') return
  const rules = Object.values(columns)
  if (!rules.some((c) => c.join === true)) {
    fault(['columns'], 'overlap needs a column to join on; add join: true to one')
  }
  if (!rules.some((c) => c.dimension === true)) {
    fault(['columns'], 'overlap shows dimensions and there is none; add dimension: true to one')
  }
}

/** A cell that is hidden because it is near an earlier one is not left to be computed from totals either. */
function checkDifferencing({ output, privacyUnit }: AnalysisRule, fault: Fault): void {
  if (output.differencing === undefined) return
  const path = ['output', 'differencing']
  if (privacyUnit === 'none') fault(path, 'public reference data has no units to compare by; leave differencing out')
  if (output.complementarySuppression === false) {
    fault(path, 'what it hides could be computed from totals; leave complementarySuppression out, or write true')
  }
  if (output.minimumGroupSize > largestMinimumWithDifferencing) {
    fault(
      path,
      `compares by a minimumGroupSize of ${largestMinimumWithDifferencing} at most; lower that, or leave differencing out`,
    )
  }
}

/** Sums are bounded anyhow; under noise a median is chosen among the values within its bounds, so it needs them too. */
function checkNoise({ differentialPrivacy, privacyUnit, columns }: AnalysisRule, fault: Fault): void {
  if (differentialPrivacy === undefined) return
  if (privacyUnit === 'none') {
    fault(['privacyUnit'], 'differentialPrivacy protects privacy units; name the column that tells them apart')
  }
  for (const [name, { aggregate, bounds }] of Object.entries(columns)) {
    const quantiles = (aggregate ?? []).filter((f) => f === 'median' || f === 'quantile')
    if (quantiles.length > 0 && bounds === undefined) {
      fault(['columns', name, 'bounds'], `${quantiles.join(' and ')} with noise needs bounds; add bounds: [low, high]`)
    }
  }
}
