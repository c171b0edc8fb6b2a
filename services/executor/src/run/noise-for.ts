import { setImmediate as nextTurn } from 'node:timers/promises'
import { type NoiseStatement, noiseSteps, type TextRow } from '@reinraum/policy'
import type { AddNoise } from '../child/dialogue.ts'

const groupsAtOnce = 100

/**
 * The noisy cells of a run, per statement. They are drawn here, from the operating system's randomness, and not in the query
 * process. Others have their turn in between: a lease must be renewed also while many groups get their noise.
 */
export function noiseFor(statements: readonly NoiseStatement[], signal: AbortSignal): AddNoise {
  return async (index, [cells = [], ...histograms]) => {
    const statement = statements[index]
    if (statement === undefined) throw new Error('the query has no such noise')
    const rows: TextRow[] = []
    let groups = 0
    for (const row of noiseSteps(statement)({ cells, histograms })) {
      if (row !== null) rows.push(row)
      groups += 1
      if (groups % groupsAtOnce !== 0) continue
      await nextTurn()
      signal.throwIfAborted()
    }
    return rows
  }
}
