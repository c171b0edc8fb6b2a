import type { AggregateFunction } from '@reinraum/statements'

/** Which entry of a column's `aggregate` list allows a function. */
export const aggregatePermission: Readonly<Record<string, AggregateFunction>> = {
  count: 'count',
  count_if: 'count',
  countif: 'count',
  sum: 'sum',
  avg: 'avg',
  mean: 'avg',
  stddev: 'stddev',
  stddev_samp: 'stddev',
  stddev_pop: 'stddev',
  variance: 'variance',
  var_samp: 'variance',
  var_pop: 'variance',
  median: 'median',
  quantile_cont: 'quantile',
}

/** Functions that give back values of single rows; named so that the refusal says what they are. */
const revealing: ReadonlySet<string> = new Set([
  ...['min', 'max', 'first', 'last', 'any_value', 'arbitrary', 'mode', 'list', 'array_agg', 'string_agg', 'group_concat'],
  ...['listagg', 'histogram', 'arg_max', 'arg_min', 'max_by', 'min_by', 'quantile_disc', 'quantile', 'approx_top_k'],
  ...['bit_and', 'bit_or', 'bit_xor', 'bool_and', 'bool_or', 'entropy', 'product', 'fsum', 'kahan_sum', 'favg'],
])

export function isAggregateName(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === 'count_star' || Object.hasOwn(aggregatePermission, lower) || revealing.has(lower)
}

/** Names the bound plan may hold; moments are computed from sums, the median from quantile_cont's own function. */
export const engineAggregateNames: ReadonlySet<string> = new Set(['count_star', 'count', 'sum', 'avg', 'quantile_cont'])

/** Names that it may hold below another aggregate too: the smallest and largest of one unit's values, never of a result. */
export const unitAggregateNames: ReadonlySet<string> = new Set(['min', 'max'])

/** Names it may hold above released values only. */
export const releasedAggregateNames: ReadonlySet<string> = new Set([
  ...['min', 'max', 'stddev_samp', 'stddev_pop', 'var_samp', 'var_pop', 'bool_and', 'bool_or', 'string_agg', 'first'],
])

/** Functions of a window that are no aggregates; the plan gives their type and no name. */
export const engineWindowTypes: ReadonlySet<string> = new Set([
  ...['WINDOW_RANK', 'WINDOW_RANK_DENSE', 'WINDOW_ROW_NUMBER', 'WINDOW_PERCENT_RANK', 'WINDOW_CUME_DIST', 'WINDOW_NTILE'],
  ...['WINDOW_FIRST_VALUE', 'WINDOW_LAST_VALUE', 'WINDOW_NTH_VALUE', 'WINDOW_LAG', 'WINDOW_LEAD'],
])
