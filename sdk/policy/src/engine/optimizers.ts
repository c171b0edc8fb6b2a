/**
 * The optimizers of DuckDB that plans of what is read may use: what they do depends on the query alone, where nothing is known
 * of the rows. All others look at how many rows there are, or save work in ways that read no further columns.
 */
const used: ReadonlySet<string> = new Set([
  'expression_rewriter',
  'filter_pullup',
  'filter_pushdown',
  'cte_filter_pusher',
  'cte_inlining',
  'unused_columns',
  // resolves the types of the plan, without which it cannot be written out; has no statistics to go by (see optimizing.ts)
  'statistics_propagation',
])

/** All that DuckDB 1.5.6 has, as `duckdb_optimizers()` lists them. */
export const knownOptimizers: readonly string[] = [
  ...used,
  ...['build_side_probe_side', 'column_lifetime', 'common_aggregate', 'common_subexpressions', 'common_subplan'],
  ...['compressed_materialization', 'deliminator', 'duplicate_groups', 'empty_result_pullup', 'extension', 'in_clause'],
  ...['join_elimination', 'join_filter_pushdown', 'join_order', 'late_materialization', 'limit_pushdown', 'materialized_cte'],
  ...['regex_range', 'reorder_filter', 'row_group_pruner', 'sampling_pushdown', 'sum_rewriter', 'top_n'],
  ...['top_n_window_elimination', 'unnest_rewriter', 'window_self_join'],
]

export const disabledOptimizers: string = knownOptimizers.filter((name) => !used.has(name)).join(',')
