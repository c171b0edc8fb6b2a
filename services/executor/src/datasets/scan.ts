/** A constant as Parquet has it in its statistics: the number, days or microseconds since 1970, or what a DECIMAL counts. */
export type Constant = { readonly type: string; readonly value: bigint } | { readonly type: 'VARCHAR'; readonly value: string }

/** What a row fulfils or nothing depends on it. NULL fulfils none. */
export type Condition =
  | { readonly column: string; readonly operator: '=' | '<' | '<=' | '>' | '>='; readonly value: Constant }
  | { readonly column: string; readonly operator: 'in'; readonly values: readonly Constant[] }

/** One reading of a dataset: these columns, of rows that fulfil all conditions. */
export interface Scan {
  readonly columns: readonly string[]
  readonly conditions: readonly Condition[]
}
