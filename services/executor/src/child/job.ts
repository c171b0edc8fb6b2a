// Types only: the child starts for every run, and every module it loads is waited for.

/** What the parent writes to the child's standard input: one job, then the end. */
export interface Job {
  readonly datasets: readonly {
    readonly slot: string
    readonly file: string
    /** the slot's declared columns, with DuckDB's names of their types */
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }[]
  /** as the guard rewrote it */
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
