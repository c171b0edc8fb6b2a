import { open } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import { LogLock, type LogState, RecoveryService } from '@reinraum/proto'
import type { VerifiedContract } from '@reinraum/statements'
import { fileError } from './file-error.ts'
import { writeNewFile } from './new-files.ts'
import type { ReleasesKeeper } from './releases-file.ts'
import type { Session } from './session.ts'

/** Where a key service's log of a contract ends, and whether the contract is locked. */
export interface ReleaseLogState {
  /** 0 while the log is empty */
  readonly sequence: number
  /** null while the log is empty */
  readonly releaseId: string | null
  readonly lock: 'none' | 'restored' | 'set-back' | 'forked'
  /** newest release that was shown and that the log lacks; 0 for none */
  readonly presentedSequence: number
  /** owners who have still to confirm where the log ends */
  readonly awaited: readonly string[]
}

/**
 * Writes a backup of a key service to a new file of its owner's (mode 0600), whole or not at all. For administrators. Only the
 * service's root key opens it.
 * @returns its length in bytes
 * @throws ReinraumError `permission-denied`, `sealed`, `already-exists`, `storage-full`, `unavailable`
 */
export async function backUpKeyService(session: Session, id: string, target: string): Promise<number> {
  return writeNewFile(target, async (path) => {
    let bytes = 0
    try {
      await using file = await open(path, 'wx', 0o600)
      for await (const { data } of session.ofKeyService(RecoveryService, id).createBackup({})) {
        await file.writeFile(data)
        bytes += data.length
      }
      await file.sync()
    } catch (error) {
      throw fileError(error, target, `cannot write ${target}`)
    }
    return bytes
  })
}

/** @throws ReinraumError `permission-denied` for who is no member */
export async function getReleaseLogState(session: Session, contract: VerifiedContract, id: string): Promise<ReleaseLogState> {
  return stateOf((await session.ofKeyService(RecoveryService, id).getLogState({ contractId: contract.id })).state)
}

/**
 * Shows a key service every release of its own that this party kept. One that its log lacks locks the contract; when all are
 * there that it lacks, its log is mended.
 */
export async function presentKeptReleases(
  session: Session,
  contract: VerifiedContract,
  id: string,
  keeper: ReleasesKeeper,
): Promise<ReleaseLogState> {
  const kept = await keeper.of(contract.id, id)
  const client = session.ofKeyService(RecoveryService, id)
  // The newest first: it alone locks the contract, should this end in between.
  for (let end = kept.length; end > 0; end -= releasesPerCall) {
    const releases = kept.slice(Math.max(0, end - releasesPerCall), end).map(({ statement }) => statement)
    await client.presentReleases({ contractId: contract.id, releases })
  }
  return getReleaseLogState(session, contract, id)
}

const releasesPerCall = 200

/**
 * Says as an owner that no release came after the one that ends the log. When all owners have, a locked contract is open again.
 * @throws ReinraumError `conflict` when the log ends elsewhere by now, `permission-denied` for who owns no key there
 */
export async function confirmReleaseLog(
  session: Session,
  contract: VerifiedContract,
  id: string,
  end: Pick<ReleaseLogState, 'sequence' | 'releaseId'>,
): Promise<ReleaseLogState> {
  const request = { contractId: contract.id, sequence: end.sequence, releaseId: end.releaseId ?? '' }
  return stateOf((await session.ofKeyService(RecoveryService, id).confirmLog(request)).state)
}

/** What a key service's clock and its machine's say, for an administrator to compare with a good one. */
export async function getKeyServiceClock(session: Session, id: string) {
  const { now, wall, sound } = await session.ofKeyService(RecoveryService, id).getClock({})
  return { now: new Date(Number(now)), wall: new Date(Number(wall)), sound }
}

/** Says as an administrator that the machine's clock, which showed `wall`, is right. @throws ReinraumError `conflict` */
export async function confirmKeyServiceClock(session: Session, id: string, wall: Date): Promise<void> {
  await session.ofKeyService(RecoveryService, id).confirmClock({ wall: BigInt(wall.getTime()) })
}

function stateOf(state: LogState | undefined): ReleaseLogState {
  if (state === undefined) throw new ReinraumError('internal', 'the key service does not say where its log ends')
  const { sequence, releaseId, presentedSequence, awaited } = state
  return { sequence, releaseId: releaseId === '' ? null : releaseId, lock: lockOf(state.lock), presentedSequence, awaited }
}

function lockOf(lock: LogLock): ReleaseLogState['lock'] {
  switch (lock) {
    case LogLock.NONE:
      return 'none'
    case LogLock.RESTORED:
      return 'restored'
    case LogLock.SET_BACK:
      return 'set-back'
    case LogLock.FORKED:
      return 'forked'
    default:
      throw new ReinraumError('unsupported', 'the key service names a lock that is unknown here')
  }
}
