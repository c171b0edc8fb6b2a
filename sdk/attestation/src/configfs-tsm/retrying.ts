import { setTimeout as wait } from 'node:timers/promises'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'

export interface Retries {
  /** the first one included */
  readonly attempts: number
  /** between two of them */
  readonly waitMs: number
}

export const defaultRetries: Retries = { attempts: 5, waitMs: 200 }

// A quote that another process asked for is under way, the host throttles, or a signal came.
const passing: readonly unknown[] = ['EBUSY', 'EAGAIN', 'EINTR']
// No configfs, no driver for reports, or one that went away.
const absent: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV', 'EOPNOTSUPP']

/**
 * Tries again, a bounded number of times, what failed for a reason that passes.
 * @throws ReinraumError `unavailable` when it did not pass, or for another failure; `unsupported` when the kernel has no
 * such interface
 */
export async function retrying<T>(attempt: () => Promise<T>, { attempts, waitMs }: Retries): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!passes(error)) throw asReinraumError(error)
      if (left <= 1) throw new ReinraumError('unavailable', `no evidence after ${attempts} attempts`, { cause: error })
    }
    await wait(waitMs)
  }
}

/** `conflict` is what an entry that was changed while it was read is refused with. */
function passes(error: unknown): boolean {
  return isReinraumError(error) ? error.code === 'conflict' : passing.includes(systemCode(error))
}

function asReinraumError(error: unknown): ReinraumError {
  if (isReinraumError(error)) return error
  const code = systemCode(error)
  if (absent.includes(code)) {
    return new ReinraumError('unsupported', 'this kernel has no such interface for measurements', { cause: error })
  }
  const message = `the kernel gave no evidence (${typeof code === 'string' ? code : 'unknown failure'})`
  return new ReinraumError('unavailable', message, { cause: error })
}

function systemCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
