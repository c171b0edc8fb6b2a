import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import { codeOf, isTransient } from '../transient.ts'
import { keyServicesOf, type SlotCustody } from './custodies.ts'

/** What came of asking one key service: a denial is its decision, everything else that went wrong is a failure. */
export type Answer<T> =
  | { readonly kind: 'given'; readonly value: T }
  | { readonly kind: 'denied'; readonly reason: ErrorCode }
  | { readonly kind: 'failed'; readonly error: unknown }

/** key service id → what came of asking it */
export type Answers<T> = ReadonlyMap<string, Answer<T>>

/** How long the other key services are waited for once there are enough. */
const graceMs = 2000

export interface AskOptions<T> {
  readonly ask: (keyServiceId: string, signal: AbortSignal) => Promise<Answer<T>>
  /** Whether what was given so far is enough to go on with. */
  readonly enough: (given: ReadonlyMap<string, T>) => boolean | Promise<boolean>
  /** ms, 2000 unless told */
  readonly graceMs?: number
  /** Told what came after the end, so that a key that nobody waits for is overwritten. */
  readonly discard?: (value: T) => void
}

/**
 * Asks all key services at once. It ends when all have answered or, so that one that hangs delays no run for long, a moment
 * after enough of them have; whoever has not answered by then has failed with `deadline-exceeded`, and its call is cancelled.
 */
export async function askKeyServices<T>(services: readonly string[], options: AskOptions<T>): Promise<Answers<T>> {
  const answers = new Map<string, Answer<T>>()
  const late = new AbortController()
  const { promise: graceOver, resolve: end } = Promise.withResolvers<void>()
  let grace: NodeJS.Timeout | undefined
  const hear = async (id: string): Promise<void> => {
    const answer = await options.ask(id, late.signal).catch((error: unknown) => ({ kind: 'failed', error }) as const)
    if (!late.signal.aborted) answers.set(id, answer)
    else if (answer.kind === 'given') options.discard?.(answer.value)
    if (late.signal.aborted || grace !== undefined || !(await options.enough(givenOf(answers)))) return
    grace ??= setTimeout(end, options.graceMs ?? graceMs)
  }
  const heard = Promise.all(services.map(hear))
  try {
    await Promise.race([heard, graceOver])
  } finally {
    late.abort(new ReinraumError('deadline-exceeded', 'the other key services were enough'))
    clearTimeout(grace)
  }
  await heard
  // Another answer may have set the timer while this one was being looked at.
  clearTimeout(grace)
  const missing = services.filter((id) => !answers.has(id)).map((id) => [id, tooLate(late.signal)] as const)
  return new Map([...answers, ...missing])
}

export function givenOf<T>(answers: Answers<T>): ReadonlyMap<string, T> {
  return new Map([...answers].flatMap(([id, answer]) => (answer.kind === 'given' ? [[id, answer.value] as const] : [])))
}

/** Those that denied or failed. */
export function notGiven(answers: Answers<unknown>): Answers<never> {
  return new Map([...answers].flatMap(([id, answer]) => (answer.kind === 'given' ? [] : [[id, answer] as const])))
}

/**
 * Why the keys of these slots cannot be had. A key service's denial says most; a failure that may pass comes next, so that the
 * run is tried again; where a slot has one key service, its failure is the reason.
 */
export function whyMissing(
  missing: readonly SlotCustody[],
  answers: Answers<unknown>,
  otherwise: ErrorCode = 'threshold-not-reached',
): ReinraumError {
  const asked = keyServicesOf(missing)
  const reasons = [...answers].filter(([id]) => asked.includes(id)).flatMap(([id, answer]) => reasonOf(id, answer))
  const alone = missing.filter(({ services }) => services.length === 1).flatMap(({ services }) => services)
  const chosen =
    reasons.find(({ denied, error }) => denied && !isTransient(error.code)) ??
    reasons.find(({ error }) => isTransient(error.code)) ??
    reasons.find(({ id }) => alone.includes(id))
  return chosen?.error ?? new ReinraumError(otherwise, `too few of the key services ${asked.join(', ')} gave what the run needs`)
}

/** For the log: key service id → reason code of everyone who gave nothing. */
export function refusals(answers: Answers<unknown>): Readonly<Record<string, ErrorCode>> {
  return Object.fromEntries([...answers].flatMap(([id, answer]) => reasonOf(id, answer).map(({ error }) => [id, error.code])))
}

function reasonOf(id: string, answer: Answer<unknown>) {
  switch (answer.kind) {
    case 'given':
      return []
    case 'denied':
      return [{ id, denied: true, error: new ReinraumError(answer.reason, `key service ${id} denied`) }]
    case 'failed': {
      const code = codeOf(answer.error)
      return [{ id, denied: false, error: new ReinraumError(code, `key service ${id} failed`, { cause: answer.error }) }]
    }
  }
}

function tooLate({ reason }: AbortSignal): Answer<never> {
  return { kind: 'failed', error: reason }
}
