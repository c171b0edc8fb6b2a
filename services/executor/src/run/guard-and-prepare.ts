import { releaseSuiteOf, type VerifiedRun } from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import { guardedQuery } from './guarded-query.ts'
import { heardLater } from './heard-later.ts'
import { createRunKeys } from './keys.ts'
import { issueNonces } from './obtain-keys.ts'

/**
 * The guard's word, and meanwhile the run's own keys and the nonces of its key services, which are worth nothing before the guard
 * allows the query. Refused here costs nobody anything: no key is asked for and no approval is used up.
 */
export async function guardAndPrepare(executor: Pick<Executor, 'guard' | 'keyRelease'>, run: VerifiedRun) {
  const nonces = heardLater(issueNonces(executor, run))
  const making = heardLater(createRunKeys(releaseSuiteOf(run.contract.document)))
  try {
    const guarded = await guardedQuery(executor.guard, run)
    return { guarded, nonces, keys: await making }
  } catch (error) {
    making.then(
      (keys) => keys.zeroise(),
      () => {},
    )
    throw error
  }
}
