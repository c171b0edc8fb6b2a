import { isErrorCode, isReinraumError } from '@reinraum/crypto'
import type { KeysDenied } from '@reinraum/proto'
import { type VerifiedRun, verifyBudgetDenial } from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import type { Answer } from './ask-key-services.ts'

/** Bytes of all denials that are told of one run: less than an event holds. */
const maximumBytes = 48 * 1024

/**
 * The signed denial as it may be passed on: one by which that key service refused this run for want of a budget.
 * What is none is left out, and the run fails for the same reason without it.
 * @returns undefined where there is nothing to pass on
 */
export async function budgetDenialOf(
  { log }: Pick<Executor, 'log'>,
  service: string,
  denied: { readonly reasonCode: string; readonly release: Uint8Array },
  { run, contract }: Pick<VerifiedRun, 'run' | 'contract'>,
): Promise<Uint8Array | undefined> {
  if (denied.reasonCode !== 'budget-exhausted') return undefined
  try {
    const { release } = await verifyBudgetDenial(denied.release, contract, run.id)
    return release.document.keyService === service ? denied.release : undefined
  } catch (error) {
    if (!isReinraumError(error)) throw error
    log.warn({ err: error, run: run.id, keyService: service }, 'a denial says nothing that it could be passed on for')
    return undefined
  }
}

/** What a key service's denial says; one for want of a budget is told as it was signed. */
export async function deniedBy(
  executor: Pick<Executor, 'log'>,
  service: string,
  denied: Pick<KeysDenied, 'reasonCode' | 'release'> | undefined,
  run: Pick<VerifiedRun, 'run' | 'contract'>,
  onShort: (denial: Uint8Array) => void,
): Promise<Answer<never>> {
  if (denied === undefined) return { kind: 'denied', reason: 'permission-denied' }
  const short = await budgetDenialOf(executor, service, denied, run)
  if (short !== undefined) onShort(short)
  return { kind: 'denied', reason: isErrorCode(denied.reasonCode) ? denied.reasonCode : 'permission-denied' }
}

/** As many of them as are told of one run, in their order. */
export function withinEvent(denials: readonly Uint8Array[]): readonly Uint8Array[] {
  let bytes = 0
  return denials.filter(({ length }) => {
    if (bytes + length > maximumBytes) return false
    bytes += length
    return true
  })
}
