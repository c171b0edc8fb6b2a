import { ReinraumError } from '@reinraum/crypto'
import { keyCustodyOf, type RunBundleBytes, type VerifiedRun } from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import { type Answer, type Answers, refusals } from './ask-key-services.ts'
import { deniedBy } from './budget-denial.ts'
import { keyServicesOf, type SlotCustody } from './custodies.ts'
import { type HeldUntil, heldUntil } from './held-until.ts'
import { holdAtAll } from './hold-at-all.ts'
import type { RunKeys } from './keys.ts'
import { presentEvidence } from './present-evidence.ts'

const nonceLength = 32

export interface HeldBudgets {
  /** nonces for the releases */
  readonly nonces: Answers<Uint8Array>
  readonly held: Pick<HeldUntil, 'requireHeld'>
}

/**
 * The key services with ledgers that a release of this run debits.
 * @returns none where the run's keys lie with one key service alone: its release is all or nothing by itself
 */
export function ledgersToHold({ contract, manifests }: VerifiedRun, custodies: readonly SlotCustody[]): ReadonlySet<string> {
  if (keyServicesOf(custodies).length < 2) return new Set()
  const noisy = contract.document.slots.filter(({ id, rule }) => manifests.has(id) && rule.differentialPrivacy !== undefined)
  return new Set(noisy.flatMap((slot) => keyCustodyOf(slot).services))
}

/**
 * Has all key services of a run agree to it before any of them debits: each makes every check of its release and keeps for the
 * run what it would take, for a minute at most. The evidence is made for that alone; what they give is a nonce for the release.
 * @param issued one nonce of each
 * @param onShort told of each signed denial for want of a budget
 * @throws ReinraumError the reason of the one that refuses; nothing is debited then
 */
export async function holdBudgets(
  executor: Executor,
  { run, bundle, keys }: { readonly run: VerifiedRun; readonly bundle: RunBundleBytes; readonly keys: RunKeys },
  custodies: readonly SlotCustody[],
  issued: ReadonlyMap<string, Uint8Array>,
  onShort: (denial: Uint8Array) => void,
): Promise<HeldBudgets> {
  const { request } = await presentEvidence(executor, { run, bundle, keys, nonces: issued, purpose: 'hold' })
  const held = heldUntil()
  const ask = async (id: string, signal: AbortSignal): Promise<Answer<Uint8Array>> => {
    if (!issued.has(id)) throw new ReinraumError('unavailable', `key service ${id} issued no nonce`)
    const asked = performance.now()
    const { outcome } = await executor.keyRelease(id).holdBudget(request, { signal, timeoutMs: 10_000 })
    if (outcome.case !== 'held') return deniedBy(executor, id, outcome.value, run, onShort)
    const { nonce, heldForMs } = outcome.value
    if (nonce.length !== nonceLength) throw new ReinraumError('key-mismatch', `key service ${id} gave something else`)
    held.note(asked, heldForMs)
    return { kind: 'given', value: nonce }
  }
  const nonces = await holdAtAll(custodies, { keepers: ledgersToHold(run, custodies), ask })
  const refused = refusals(nonces)
  if (Object.keys(refused).length > 0) executor.log.warn({ run: run.run.id, refused }, 'not all key services would release')
  return { nonces, held }
}
