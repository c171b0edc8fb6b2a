/** One line of the demonstration: what was done, and the id that proves it. */
export interface StepOutcome {
  readonly id: string
  readonly note?: string
}

export interface Step<Context> {
  /** of the way of the data, 1 to 9 */
  readonly number: number
  readonly title: string
  run(context: Context, report: (progress: string) => void): Promise<readonly StepOutcome[]>
}

export interface StepRecord {
  readonly number: number
  readonly title: string
  readonly outcomes: readonly StepOutcome[]
  readonly milliseconds: number
}
