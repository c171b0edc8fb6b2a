// Types only: the child starts for every run, and every module it loads is waited for.

/** Cells that become a table and are compared with earlier ones, by whoever knows these. */
export interface Comparison {
  readonly create: string
  /** per sketch: cells as rows of the number of the row, then texts */
  readonly read: readonly string[]
  /** per sketch: to be followed by numbers of rows in parentheses */
  readonly hide: readonly string[]
}

/** Per sketch of one comparison, what its `read` gave. The parent answers with the numbers of the rows to hide, per sketch. */
export interface Cells {
  readonly cells: readonly (readonly (readonly [row: number, ...texts: string[]])[])[]
}

/** A row of texts, NULL as null. */
export type TextRow = readonly (string | null)[]

/** A table that is made of rows of texts from the parent. */
export interface FilledTable {
  readonly create: readonly string[]
  /** the table that takes the rows as texts */
  readonly texts: string
  readonly fill: readonly string[]
}

/** Cells that get noise from the parent, which alone draws it: what is told the engine before and after. */
export interface NoiseJob extends FilledTable {
  /** the exact cells and histograms: said to the parent and kept nowhere */
  readonly read: readonly string[]
  /** what is read of the groups that the parent names, unless it names none */
  readonly later?: FilledTable & { readonly read: string }
}

/**
 * What `read` of a noise job gave. The parent answers with the noisy rows; where something is read later, with the groups that
 * it is read of, and with the noisy rows once it has that.
 */
export interface Exact {
  readonly exact: readonly (readonly TextRow[])[]
}

/**
 * What the parent writes to the child's standard input: one job, in one line. The child answers with one line of `Cells` per
 * comparison, then one of `Exact` per noise job, or two where something is read later, each of which is answered by a line, and
 * with its outcome.
 */
export interface Job {
  readonly datasets: readonly {
    readonly slot: string
    readonly file: string
    /** the slot's declared columns, with DuckDB's names of their types */
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }[]
  readonly comparisons: readonly Comparison[]
  /** in this order: what a later one reads may be read from tables of earlier ones */
  readonly noise?: readonly NoiseJob[] | undefined
  /** as the guard rewrote it; it may read the tables of the comparisons, and noisy cells */
  readonly sql: string
  /** the one file that is written */
  readonly result: string
}

/** What the child prints on success. On any failure it prints nothing and exits with 1. */
export interface Outcome {
  readonly rowCount: number
}
