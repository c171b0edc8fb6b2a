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

/**
 * What the parent writes to the child's standard input: one job, in one line. The child answers with one line of `Cells` per
 * comparison, each of which is answered by a line, and with its outcome.
 */
export interface Job {
  readonly datasets: readonly {
    readonly slot: string
    readonly file: string
    /** the slot's declared columns, with DuckDB's names of their types */
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }[]
  readonly comparisons: readonly Comparison[]
  /** as the guard rewrote it; it may read the tables of the comparisons */
  readonly sql: string
  /** the one file that is written */
  readonly result: string
  readonly memoryMiB: number
  readonly threads: number
}

/** What the child prints on success. On any failure it prints nothing and exits with 1. */
export interface Outcome {
  readonly rowCount: number
}
