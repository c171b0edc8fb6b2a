import { isReinraumError } from '@reinraum/crypto'
import { errnoOf, fileError } from '@reinraum/kit'

/** Runs what works on files of the service, so that a full disk says what it is. @throws ReinraumError `storage-full` */
export async function storageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw errnoOf(error) === undefined || isReinraumError(error) ? error : fileError(error)
  }
}
