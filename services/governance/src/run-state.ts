import { RunState } from '@reinraum/proto'

/** `rejected` is shown as failed: kept apart here, because nothing can follow a reviewer's no. */
export type RunStateName = 'queued' | 'running' | 'awaiting-review' | 'completed' | 'failed' | 'cancelled' | 'rejected'

/** What can happen to a run, by the event that says so. */
export type RunChange = 'started' | 'failed' | 'cancelled' | 'deposited' | 'released' | 'rejected' | 'abandoned'

const next: Readonly<Record<RunChange, RunStateName>> = {
  started: 'running',
  failed: 'failed',
  cancelled: 'cancelled',
  deposited: 'awaiting-review',
  released: 'completed',
  rejected: 'rejected',
  abandoned: 'failed',
}

/**
 * A run only rises. Events arrive late, again and in any order; whatever the order, the highest of them is where the run ends.
 * A result that was deposited outweighs a failure that another attempt reported and a cancellation that came too late for it.
 */
const rank: Readonly<Record<RunStateName, number>> = {
  queued: 0,
  running: 1,
  failed: 2,
  cancelled: 2,
  'awaiting-review': 3,
  completed: 4,
  rejected: 4,
}

/** The state after a change, or the same state when the change does not apply to it. */
export function afterChange(state: RunStateName, change: RunChange): RunStateName {
  return rank[next[change]] > rank[state] ? next[change] : state
}

export function isFinal(state: RunStateName): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled' || state === 'rejected'
}

export function runStateMessage(state: RunStateName): RunState {
  switch (state) {
    case 'queued':
      return RunState.QUEUED
    case 'running':
      return RunState.RUNNING
    case 'awaiting-review':
      return RunState.AWAITING_REVIEW
    case 'completed':
      return RunState.COMPLETED
    case 'failed':
    case 'rejected':
      return RunState.FAILED
    case 'cancelled':
      return RunState.CANCELLED
  }
}
