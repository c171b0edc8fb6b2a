import { ReinraumError } from '@reinraum/crypto'

/** No key service holds for longer, and none that says otherwise is believed. */
const longestHoldMs = 60_000

/** Until when everything is there that key services hold for a run. */
export interface HeldUntil {
  /** One more holds for so long, and was asked at this time, ms of the monotonic clock. */
  note(askedAt: number, heldForMs: number): void
  /**
   * Asking for releases now could have one debit and another refuse.
   * @throws ReinraumError `deadline-exceeded` when the first of them has ended
   */
  requireHeld(): void
}

/** @param now ms of the monotonic clock */
export function heldUntil(now: () => number = () => performance.now()): HeldUntil {
  let end = Number.POSITIVE_INFINITY
  return {
    note(askedAt, heldForMs) {
      end = Math.min(end, askedAt + Math.min(heldForMs, longestHoldMs))
    },
    requireHeld() {
      if (now() >= end) throw new ReinraumError('deadline-exceeded', 'a budget is held no longer')
    },
  }
}
