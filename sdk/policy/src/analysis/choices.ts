import { refuse } from '../reasons.ts'

/** Picks one of several branches, from 0. */
export type Choose = (branches: number) => number

const maximumChoices = 16

/**
 * Reads something once for every combination of branches that reading it asks for: rows stacked by UNION ALL, joined and
 * filtered, are the stack of what becomes of each branch.
 */
export function everyChoice<T>(read: (choose: Choose) => T): readonly T[] {
  const results: T[] = []
  let picks: readonly number[] | undefined = []
  while (picks !== undefined) {
    const current: readonly number[] = picks
    const counts: number[] = []
    results.push(
      read((branches) => {
        counts.push(branches)
        return current[counts.length - 1] ?? 0
      }),
    )
    if (results.length > maximumChoices) {
      refuse('too-complex', `stacked rows have at most ${maximumChoices} combinations of their branches`)
    }
    picks = next(
      counts.map((_, i) => current[i] ?? 0),
      counts,
    )
  }
  return results
}

/** The last choice that has another branch goes on; those after it are asked for anew. */
function next(picks: readonly number[], counts: readonly number[]): readonly number[] | undefined {
  const last = picks.findLastIndex((pick, i) => pick + 1 < (counts[i] ?? 0))
  return last < 0 ? undefined : [...picks.slice(0, last), (picks[last] ?? 0) + 1]
}
