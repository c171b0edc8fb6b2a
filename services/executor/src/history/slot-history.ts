import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { type ShownCells, shownCells } from '@reinraum/policy'
import { codeOf, isTransient } from '../transient.ts'
import type { HistoryCopy } from './history-copy.ts'

/** What was shown of one slot, in all copies that key services have, and what this run adds. */
export interface SlotHistory {
  readonly slot: string
  readonly shown: ShownCells
  /**
   * Keeps what was added, so that every later run knows of it; durable when this returns.
   * @throws ReinraumError `unavailable` when another run has shown something near in the meantime: run again, knowing of it
   */
  readonly keep: () => Promise<void>
}

export interface SlotHistoryOptions {
  readonly slot: string
  readonly minimum: number
  /** of those key services that gave the slot's key, or a share of it */
  readonly copies: readonly HistoryCopy[]
  /** so many copies that any two runs have one in common */
  readonly quorum: number
}

/** Runs that append at the same time come one after the other; each round one of them is through. */
const mostRounds = 20

/** Reads all copies: what is in one of them was shown. @throws ReinraumError `threshold-not-reached`, `history-unreadable` */
export async function openSlotHistory({ slot, minimum, copies, quorum }: SlotHistoryOptions): Promise<SlotHistory> {
  const shown = shownCells(minimum)
  // In one order for all runs, so that of two that meet one is stopped before it has kept anything.
  const sorted = copies.toSorted((a, b) => (a.keyService < b.keyService ? -1 : 1))
  if (sorted.length < quorum) throw tooFew(slot)
  for (const copy of sorted) for (const sketches of await copy.read()) shown.learn(sketches)
  return {
    slot,
    shown,
    async keep() {
      let kept = 0
      for (const copy of sorted) {
        try {
          await keepIn(copy, shown, slot)
          kept += 1
        } catch (error) {
          // One that is away is not needed where enough others have it.
          if (!isReinraumError(error) || !isTransient(codeOf(error)) || error.message === nearMessage) throw error
        }
      }
      if (kept < quorum) throw new ReinraumError('unavailable', `too few key services kept what was shown of ${slot}`)
    },
  }
}

async function keepIn(copy: HistoryCopy, shown: ShownCells, slot: string): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    if (await copy.append(shown.added())) return
    for (const sketches of await copy.read()) {
      if (!shown.standBeside(sketches)) throw new ReinraumError('unavailable', nearMessage)
    }
  }
  throw new ReinraumError('unavailable', `the history of ${slot} moves too fast`)
}

const nearMessage = 'another run has just shown what this one must be compared with'

function tooFew(slot: string): ReinraumError {
  return new ReinraumError('threshold-not-reached', `too few key services gave the history of ${slot}`)
}
