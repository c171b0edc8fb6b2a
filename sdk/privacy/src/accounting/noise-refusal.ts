import { layoutFaults } from './asked.ts'
import { spendingReasons } from './charge-of.ts'

export const noiseReasons = [
  ...spendingReasons,
  ...layoutFaults,
  'rows-unbounded',
  'groups-unbounded',
  'contribution-malformed',
] as const
/** Why there is no noise for a query: the closed set that tools and tests rely on. */
export type NoiseReason = (typeof noiseReasons)[number]

export interface NoiseRefusal {
  readonly outcome: 'refused'
  readonly code: NoiseReason
  readonly message: string
}

export function refuse(code: keyof typeof messages): NoiseRefusal {
  return { outcome: 'refused', code, message: messages[code] }
}

const messages = {
  'epsilon-too-small': 'epsilon is too small to be divided among the columns of this query; spend more, or ask for fewer',
  'delta-missing':
    'groups that are not declared, and Gaussian noise under basic composition, cost a delta; state one, such as 1e-9',
  'nothing-asked': 'the query asks for no aggregate',
  'weight-malformed': 'a weight is an integer from 1 to 1000000',
  'bounds-missing': 'values that are added up, or of which a quantile is asked, need bounds',
  'grid-malformed': 'no value on the grid lies within the bounds; the grid has 0 to 18 decimals',
  'quantile-malformed': 'a quantile is a decimal from 0 to 1',
  'values-ambiguous': 'the same values are asked for with different bounds or decimals',
  'rows-unbounded': 'nothing bounds the rows of one unit; the rule needs maxRowsPerUnit',
  'groups-unbounded': 'nothing bounds the groups that one unit is in; the rule needs maxGroupsPerUnit or maxRowsPerUnit',
  'contribution-malformed': 'bounds on what one unit adds, and the least size of a group, are positive integers',
} as const
