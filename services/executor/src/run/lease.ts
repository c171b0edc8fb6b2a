import { type ErrorCode, isErrorCode, ReinraumError } from '@reinraum/crypto'
import type { Executor } from '../executor.ts'
import { codeOf, isTransient } from '../transient.ts'
import { type Answer, askKeyServices, givenOf, whyMissing } from './ask-key-services.ts'
import { type SlotCustody, unreached } from './custodies.ts'

const renewEveryMs = 20_000
/** A revocation that is announced to an executor may reach the key services a moment later. */
const againAfterMs = [1000, 5000]
/** No key service gives longer than this, and none that says otherwise is believed. */
const longestLeaseMs = 60_000

/**
 * The right to go on. It stands while, for every slot, as many of the key services that released its key still give it as the
 * key takes; it ends the run the moment there are fewer.
 */
export interface Lease {
  /** Aborted with the reason once the lease is lost. */
  readonly signal: AbortSignal
  /** Renews now. @throws ReinraumError a key service's reason, or `lease-lost` */
  confirm(): Promise<void>
  stop(): void
}

/** Asks a key service for its lease's new end, ms since 1970. */
export type RenewLease = (keyServiceId: string, signal: AbortSignal) => Promise<Answer<number>>

export interface LeaseOptions {
  readonly custodies: readonly SlotCustody[]
  /** key service id → end of its lease, ms since 1970; of those that released */
  readonly expiresAt: ReadonlyMap<string, number>
  readonly renew: RenewLease
  readonly now: () => Date
  /** Tells of a reason to look at once: a revocation was announced. */
  readonly onRevocation: (check: () => void) => () => void
}

/** Renewal of one run's lease at the key services themselves. */
export function renewalOf({ keyRelease }: Pick<Executor, 'keyRelease'>, runId: string): RenewLease {
  return async (id, signal) => {
    const { outcome } = await keyRelease(id).renewLease({ runId }, { timeoutMs: 10_000, signal })
    return outcome.case === 'leaseExpiresAt'
      ? { kind: 'given', value: Number(outcome.value) }
      : { kind: 'denied', reason: reasonOf(outcome.value) }
  }
}

/**
 * Keeps the lease with a renewal every 20 s, and at once and twice more when a revocation is announced. A key service that
 * cannot be reached is tried again until its lease runs out; one that denies is not asked again.
 */
export function holdLease({ custodies, expiresAt, renew, now, onRevocation }: LeaseOptions): Lease {
  const lost = new AbortController()
  const stopped = new AbortController()
  const ends = new Map<string, number>()
  const over = new Map<string, Answer<never>>()
  const extend = (id: string, end: number) => ends.set(id, Math.min(end, now().getTime() + longestLeaseMs))
  for (const [id, end] of expiresAt) extend(id, end)

  const holding = () => [...ends.keys()].filter((id) => !over.has(id))
  const hear = (id: string, answer: Answer<number>) => {
    if (answer.kind === 'given') extend(id, answer.value)
    else if (isFinal(answer)) over.set(id, answer)
    else if (now().getTime() >= (ends.get(id) ?? 0)) over.set(id, lapsed)
    const missing = unreached(custodies, new Set(holding()))
    if (missing.length > 0 && !lost.signal.aborted) lost.abort(whyMissing(missing, over, 'lease-lost'))
  }
  const ask = (id: string, signal: AbortSignal) => renew(id, AbortSignal.any([signal, stopped.signal]))
  // Each is heard as it answers: a denial does not wait for one that hangs.
  const check = () => {
    for (const id of holding()) {
      ask(id, stopped.signal).then(
        (answer) => hear(id, answer),
        (error: unknown) => hear(id, { kind: 'failed', error }),
      )
    }
  }
  const timer = setInterval(check, renewEveryMs)
  let again: readonly NodeJS.Timeout[] = []
  const unsubscribe = onRevocation(() => {
    check()
    again.forEach(clearTimeout)
    again = againAfterMs.map((ms) => setTimeout(check, ms))
  })
  return {
    signal: lost.signal,
    async confirm() {
      lost.signal.throwIfAborted()
      const missing = (given: ReadonlyMap<string, unknown>) => unreached(custodies, new Set(given.keys()))
      const answers = await askKeyServices<number>(holding(), { ask, enough: (given) => missing(given).length === 0 })
      for (const [id, answer] of answers) hear(id, answer)
      lost.signal.throwIfAborted()
      const lacking = missing(givenOf(answers))
      if (lacking.length > 0) throw whyMissing(lacking, new Map([...over, ...answers]), 'lease-lost')
    },
    stop() {
      clearInterval(timer)
      again.forEach(clearTimeout)
      unsubscribe()
      stopped.abort()
    },
  }
}

const lapsed: Answer<never> = { kind: 'failed', error: new ReinraumError('lease-lost', 'the lease ran out') }

/** A key service's decision, or a failure that no waiting mends. */
function isFinal(answer: Exclude<Answer<number>, { readonly kind: 'given' }>): boolean {
  return !isTransient(answer.kind === 'denied' ? answer.reason : codeOf(answer.error))
}

function reasonOf(code: string | undefined): ErrorCode {
  return code !== undefined && isErrorCode(code) ? code : 'lease-lost'
}
