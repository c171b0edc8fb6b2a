import { isErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Executor } from '../executor.ts'

const renewEveryMs = 20_000

/** The right to go on, from every key service that released a key. It ends the run the moment one of them says no. */
export interface Lease {
  /** Aborted with the reason once the lease is lost. */
  readonly signal: AbortSignal
  /** Renews now. @throws ReinraumError the key service's reason, or `lease-lost` */
  confirm(): Promise<void>
  stop(): void
}

export interface LeaseOptions {
  readonly runId: string
  /** key service id → end of its lease, ms since 1970 */
  readonly expiresAt: ReadonlyMap<string, number>
  /** Tells of a reason to look at once: a revocation was announced. */
  readonly onRevocation: (check: () => void) => () => void
}

/**
 * Keeps the lease with a renewal every 20 s. A key service that cannot be reached is tried again until its lease runs out; one
 * that denies ends the run at once.
 */
export function holdLease(executor: Executor, { runId, expiresAt, onRevocation }: LeaseOptions): Lease {
  const abort = new AbortController()
  const ends = new Map(expiresAt)
  const renew = async (id: string): Promise<void> => {
    const { outcome } = await executor.keyRelease(id).renewLease({ runId }, { timeoutMs: 10_000 })
    if (outcome.case === 'leaseExpiresAt') ends.set(id, Number(outcome.value))
    else throw new ReinraumError(reasonOf(outcome.value), `key service ${id} ended the lease`)
  }
  const lose = (error: unknown) => {
    if (!abort.signal.aborted)
      abort.abort(isReinraumError(error) ? error : new ReinraumError('lease-lost', 'the lease could not be renewed'))
  }
  const check = async () => {
    for (const id of ends.keys()) {
      try {
        await renew(id)
      } catch (error) {
        const transient = isReinraumError(error) && (error.code === 'unavailable' || error.code === 'deadline-exceeded')
        if (!transient) lose(error)
        else if (executor.now().getTime() >= (ends.get(id) ?? 0))
          lose(new ReinraumError('lease-lost', `key service ${id} cannot be reached`))
      }
    }
  }
  const timer = setInterval(() => void check(), renewEveryMs)
  const unsubscribe = onRevocation(() => void check())
  return {
    signal: abort.signal,
    async confirm() {
      abort.signal.throwIfAborted()
      await Promise.all([...ends.keys()].map(renew))
    },
    stop() {
      clearInterval(timer)
      unsubscribe()
    },
  }
}

function reasonOf(code: string | undefined) {
  return code !== undefined && isErrorCode(code) ? code : 'lease-lost'
}
