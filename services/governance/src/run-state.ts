import { RunState } from '@reinraum/proto'

export type RunStateName = 'queued' | 'running' | 'awaiting-review' | 'completed' | 'failed' | 'cancelled'

/** What can happen to a run, by the event that says so. */
export type RunChange = 'started' | 'failed' | 'cancelled' | 'deposited' | 'released' | 'rejected' | 'abandoned'

const next: Readonly<Record<RunChange, RunStateName>> = {
  started: 'running',
  failed: 'failed',
  cancelled: 'cancelled',
  deposited: 'awaiting-review',
  released: 'completed',
  rejected: 'failed',
  abandoned: 'failed',
}

/** From which states a change is taken. Anything else is late, repeated or out of order, and changes nothing. */
const from: Readonly<Record<RunChange, readonly RunStateName[]>> = {
  started: ['queued'],
  // A deposit that stands outweighs a failure that another attempt at the same run reported.
  failed: ['queued', 'running'],
  cancelled: ['queued', 'running'],
  deposited: ['queued', 'running', 'failed'],
  released: ['queued', 'running', 'failed', 'awaiting-review'],
  rejected: ['queued', 'running', 'failed', 'awaiting-review'],
  abandoned: ['queued', 'running'],
}

/** The state after a change, or the same state when the change does not apply to it. */
export function afterChange(state: RunStateName, change: RunChange): RunStateName {
  return from[change].includes(state) ? next[change] : state
}

export function isFinal(state: RunStateName): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled'
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
      return RunState.FAILED
    case 'cancelled':
      return RunState.CANCELLED
  }
}
