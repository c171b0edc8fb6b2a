import type { KeepingLease } from '../datasets/kept-datasets.ts'
import type { Lease } from './lease.ts'

/** A lease that lasts as long as anybody holds it: its run, or data that the run left to later ones of its contract. */
export function sharedLease(lease: Lease): KeepingLease {
  let holders = 0
  return {
    signal: lease.signal,
    hold() {
      holders += 1
      let holds = true
      return () => {
        if (!holds) return
        holds = false
        holders -= 1
        if (holders === 0) lease.stop()
      }
    },
  }
}
