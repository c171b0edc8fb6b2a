import type { LedgerRecord, ReleaseLogState } from '@reinraum/client'
import { oneLine } from './output.ts'

const meanings: Readonly<Record<ReleaseLogState['lock'], string>> = {
  none: 'open',
  restored: 'locked: the store comes from a backup',
  'set-back': 'locked: a release was shown that the log lacks',
  forked: 'locked for good: a release was shown that contradicts the log',
}

/** How the log of a contract stands at its key service. */
export function lockText(lock: ReleaseLogState['lock']): string {
  return meanings[lock]
}

/** Why nothing is released, and who can change that. */
export function lockedText({ lock, awaited }: NonNullable<LedgerRecord['locked']>): string {
  const next = awaited.length === 0 ? '' : `; ${awaited.map(oneLine).join(', ')} to confirm it with keys restore --confirm`
  return `${lockText(lock)}${next}`
}
