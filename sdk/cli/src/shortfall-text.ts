import type { RunShortfall } from '@reinraum/client'
import { amountText } from './budget-text.ts'
import { oneLine } from './output.ts'

/** What was left of each budget that a run failed for, for people: a line for each. */
export function shortfallText({ keyService, slot, dataset, period, accounting, left, fits }: RunShortfall): string {
  const place = `${oneLine(slot)}: ${oneLine(dataset)}, part ${period}, at ${oneLine(keyService)}`
  return `${place}: ${amountText(left, accounting)} left; ${fitsText(fits)}`
}

/** The same for programs: `left` in the integers that the ledger counts, `fits` as a query says it. */
export function shortfallJson({ keyService, slot, dataset, period, accounting, left, fits }: RunShortfall) {
  return { keyService, slot, dataset, period, accounting, left, fits }
}

/** What one more query may say at most. */
export function fitsText(fits: RunShortfall['fits']): string {
  if (fits === null) return 'no query fits any more'
  return `a query with ε ${fits.epsilon}${fits.delta === 0 ? '' : `, δ ${fits.delta}`} would fit`
}
