import { ReinraumError } from '@reinraum/crypto'
import type { VerifiedContract } from '@reinraum/statements'
import { presentKeptReleases } from '../recovery.ts'
import type { ReleasesKeeper } from '../releases-file.ts'
import type { Session } from '../session.ts'
import type { KeyLog } from './key-log.ts'

/**
 * Holds logs against the releases that this party kept, and keeps theirs. A log that lacks one was set back: it is shown to its
 * key service, which locks the contract.
 * @throws ReinraumError `rollback-detected`
 */
export async function presentForgotten(
  session: Session,
  contract: VerifiedContract,
  logs: readonly KeyLog[],
  keeper: ReleasesKeeper,
): Promise<void> {
  const forgetful: string[] = []
  for (const { keyService, releases } of logs) {
    const shown = new Set(releases.map(({ id }) => id))
    const lacks = (await keeper.of(contract.id, keyService)).some(({ id }) => !shown.has(id))
    await keeper.keep(releases.map(({ bytes }) => bytes))
    if (!lacks) continue
    await presentKeptReleases(session, contract, keyService, keeper)
    forgetful.push(keyService)
  }
  if (forgetful.length > 0)
    throw new ReinraumError(
      'rollback-detected',
      `${forgetful.join(', ')} had forgotten releases that this party kept: see keys restore`,
    )
}
