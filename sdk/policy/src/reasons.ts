/** Why a query is refused: the closed set that tools, approvers and tests rely on. */
export const guardReasons = [
  // the text
  'syntax-error',
  'not-one-statement',
  'statement-not-allowed',
  'construct-not-allowed',
  'too-complex',
  // single constructs, named because analysts meet them
  'function-not-allowed',
  'table-not-allowed',
  'table-function-not-allowed',
  'star-not-allowed',
  'subquery-not-allowed',
  'window-not-allowed',
  'set-operation-not-allowed',
  'grouping-sets-not-allowed',
  'limit-not-allowed',
  // names and types
  'column-unknown',
  'column-ambiguous',
  'duplicate-column',
  'type-mismatch',
  'constant-not-allowed',
  // rules of the datasets
  'rule-invalid',
  'mode-not-allowed',
  'noise-not-available',
  'privacy-missing',
  'privacy-malformed',
  'privacy-over-maximum',
  'privacy-too-small',
  'domain-missing',
  'contribution-unbounded',
  'join-required',
  'column-not-allowed',
  'join-not-allowed',
  'filter-not-allowed',
  'aggregate-not-allowed',
  'bounds-missing',
  'bounds-too-wide',
  'privacy-unit-not-allowed',
  // the normal form
  'raw-rows',
  'not-grouped',
  'group-not-allowed',
  'nested-aggregation',
  'mixed-relations',
  // parameters
  'parameter-undeclared',
  'parameter-unused',
  'parameter-missing',
  'parameter-outside-domain',
  // the second lock
  'binding-failed',
  'plan-not-allowed',
] as const
export type GuardReason = (typeof guardReasons)[number]

/** Where in the submitted SQL, both from 1; columns count characters as an editor shows them. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Reason {
  readonly code: GuardReason
  readonly message: string
  readonly at?: Position
}

/**
 * Leaves the walk at the first thing that is not understood. It never crosses the package's border: `check` turns it
 * into a refusal. Messages hold names from the query and the contract only, never data and never an engine's text.
 */
export class Refusal extends Error {
  readonly code: GuardReason
  /** byte offset into the UTF-8 of the SQL, where the parser gave one */
  readonly offset: number | undefined

  constructor(code: GuardReason, message: string, offset?: number | undefined) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.offset = offset
  }
}

export function refuse(code: GuardReason, message: string, offset?: number | undefined): never {
  throw new Refusal(code, message, offset)
}

/** DuckDB counts bytes; people count lines and characters. */
export function positionOf(sql: string, offset: number | undefined): Position | undefined {
  if (offset === undefined) return undefined
  const bytes = Buffer.from(sql, 'utf8')
  if (offset > bytes.length) return undefined
  const lines = bytes.subarray(0, offset).toString('utf8').split('\n')
  return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 }
}
