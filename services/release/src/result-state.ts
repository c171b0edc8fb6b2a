import { ResultState } from '@reinraum/proto'
import type { ResultStateName } from './store.ts'

export function wireState(state: ResultStateName): ResultState {
  switch (state) {
    case 'awaiting-review':
      return ResultState.AWAITING_REVIEW
    case 'released':
      return ResultState.RELEASED
    case 'rejected':
      return ResultState.REJECTED
  }
}
