/**
 * A constant as Parquet has it in its statistics. `value` is the number itself for integers, days since 1970 for
 * DATE, microseconds since 1970 for TIMESTAMP, and for DECIMAL(p,s) the number times ten to the power of s. Texts
 * compare as their UTF-8 bytes.
 */
export type Constant =
  | { readonly type: IntegralType | `DECIMAL(${number},${number})`; readonly value: bigint }
  | { readonly type: 'VARCHAR'; readonly value: string }

export type IntegralType = 'TINYINT' | 'SMALLINT' | 'INTEGER' | 'BIGINT' | 'DATE' | 'TIMESTAMP'

/** What a row fulfils or nothing depends on it. NULL fulfils none. */
export type Condition =
  | { readonly column: string; readonly operator: '=' | '<' | '<=' | '>' | '>='; readonly value: Constant }
  | { readonly column: string; readonly operator: 'in'; readonly values: readonly Constant[] }

/** One reading of a dataset: these columns, of rows that fulfil all conditions. */
export interface Scan {
  readonly slot: string
  readonly columns: readonly string[]
  readonly conditions: readonly Condition[]
}
