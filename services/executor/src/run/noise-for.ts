import { setImmediate as nextTurn } from 'node:timers/promises'
import { type NoiseStatement, type NoiseSteps, noiseSteps, type TextRow } from '@reinraum/policy'
import type { AddNoise } from '../child/dialogue.ts'

const groupsAtOnce = 100

/**
 * The noisy cells of a run, per statement. They are drawn here, from the operating system's randomness, and not in the query
 * process. Others have their turn in between: a lease must be renewed also while many groups get their noise.
 */
export function noiseFor(statements: readonly NoiseStatement[], signal: AbortSignal): AddNoise {
  const begun = new Map<number, NoiseSteps>()
  return async (index, exact) => {
    const statement = statements[index]
    if (statement === undefined) throw new Error('the query has no such noise')
    const steps = begun.get(index)
    if (steps !== undefined) return inTurns(steps.rows(exact[0] ?? []), signal)
    const [cells = [], ...histograms] = exact
    const first = noiseSteps(statement)({ cells, histograms })
    begun.set(index, first)
    return inTurns(statement.units === null ? first.rows([]) : first.open(), signal)
  }
}

async function inTurns(groups: Iterable<TextRow | null>, signal: AbortSignal): Promise<readonly TextRow[]> {
  const rows: TextRow[] = []
  let count = 0
  for (const row of groups) {
    if (row !== null) rows.push(row)
    count += 1
    if (count % groupsAtOnce !== 0) continue
    await nextTurn()
    signal.throwIfAborted()
  }
  return rows
}
