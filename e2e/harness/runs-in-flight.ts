import type { LocalRoom } from '@reinraum/local'
import type { CleanRoom } from './clean-room.ts'

/** Stopped in its tracks for so long, ingestion lets runs that have their keys wait for ciphertext. */
export async function freezing<T>(room: LocalRoom, body: () => Promise<T>): Promise<T> {
  const pid = room.services.get('ingestion')?.pid
  if (pid === undefined) throw new Error('ingestion does not run')
  process.kill(pid, 'SIGSTOP')
  try {
    return await body()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

/** How often the shared key service decided about a run of the contract. */
export async function releasesOf({ sessions, contract }: CleanRoom): Promise<number> {
  const { releases } = await sessions.survey.keyService('shared-keys').listReleases({ contractId: contract.id })
  return releases.length
}
