import type { Endorsements, Evidence } from '@reinraum/attestation'
import { ReinraumError, toBase64url, zeroise } from '@reinraum/crypto'
import type { Release, RunBundleBytes, Verified, VerifiedRun } from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import { type Answer, type Answers, askKeyServices, givenOf, notGiven, whyMissing } from './ask-key-services.ts'
import { deniedBy } from './budget-denial.ts'
import { combineKeys, zeroiseParts } from './combine-keys.ts'
import { keyServicesOf, releasingCustodiesOf, type SlotCustody, unreached } from './custodies.ts'
import { holdBudgets, ledgersToHold } from './hold-budgets.ts'
import type { RunKeys } from './keys.ts'
import { type ReleasedHistories, zeroiseHistories } from './open-histories.ts'
import { type OpenedRelease, openReleased } from './open-released.ts'
import { type Presentation, presentEvidence } from './present-evidence.ts'
import { debits, endOfSpent } from './spent.ts'
import { partsOf, takeKeys } from './take-keys.ts'

const nonceLength = 32

export interface ObtainedKeys {
  /** slot → data key, 32 bytes */
  readonly dataKeys: ReadonlyMap<string, Uint8Array>
  /** key service id → the histories of slots whose results are compared with earlier ones; of those in `releases` */
  readonly histories: ReadonlyMap<string, ReleasedHistories>
  /** of the key services whose keys and shares were right */
  readonly releases: readonly Verified<Release>[]
  readonly evidence: { readonly evidence: Evidence; readonly endorsements: Endorsements }
  /** key service id → nonce, base64url */
  readonly nonces: Readonly<Record<string, string>>
  /** key service id → end of its lease, ms since 1970; of those whose releases stand above */
  readonly leaseExpiresAt: ReadonlyMap<string, number>
}

/**
 * Steps 5 and 6: a nonce from every key service involved, where a budget is debited the word of all of them that they would
 * release, one piece of evidence that binds all nonces with this run's keys, and what each key service holds of the data keys,
 * sealed to the KEM key inside that evidence. A key service that is away, denies, or gives something wrong stops nothing as
 * long as every slot reaches its threshold without it; of a slot whose rule asks for noise, each has to debit.
 * @param own the run's keys, and what `issueNonces` gives
 * @param onShort told of each signed denial for want of a budget
 * @throws ReinraumError a denying key service's reason, what may pass (`unavailable`, …), `key-mismatch`, `threshold-not-reached`,
 *   `budget-spent` where a key service has debited a budget and what may pass kept others from it
 */
export async function obtainKeys(
  executor: Executor,
  run: VerifiedRun,
  bundle: RunBundleBytes,
  own: { readonly keys: RunKeys; readonly nonces: Promise<Answers<Uint8Array>> },
  onShort: (denial: Uint8Array) => void,
): Promise<ObtainedKeys> {
  const { keys } = own
  const custodies = releasingCustodiesOf(run)
  const issued = await own.nonces
  const agreed =
    ledgersToHold(run, custodies).size > 0
      ? await holdBudgets(executor, { run, bundle, keys }, custodies, givenOf(issued), onShort)
      : undefined
  const answered = agreed?.nonces ?? issued
  const nonces = givenOf(answered)
  const presentation = await presentEvidence(executor, { run, bundle, keys, nonces, purpose: 'release' })
  agreed?.held.requireHeld()
  const answers = await askForKeys(executor, run, custodies, presentation, onShort)
  const all = new Map([...notGiven(issued), ...notGiven(answered), ...answers])
  const { dataKeys, given } = await takeKeys(executor, run, custodies, all).catch((error: unknown) => {
    throw debits([...givenOf(answers).values()].map(({ release }) => release)) ? endOfSpent(error) : error
  })
  return {
    dataKeys,
    histories: new Map([...given].map(([id, { histories }]) => [id, histories])),
    releases: [...given.values()].map(({ release }) => release),
    evidence: presentation.evidence,
    nonces: Object.fromEntries([...nonces].map(([id, nonce]) => [id, toBase64url(nonce)])),
    leaseExpiresAt: new Map([...given].map(([id, { leaseExpiresAt }]) => [id, leaseExpiresAt])),
  }
}

/**
 * A nonce from every key service of the run, single use and short-lived; whoever asks for one decides nothing
 * and is given nothing.
 */
export async function issueNonces(executor: Pick<Executor, 'keyRelease'>, verified: VerifiedRun): Promise<Answers<Uint8Array>> {
  const { run } = verified
  const custodies = releasingCustodiesOf(verified)
  const missing = (given: ReadonlyMap<string, unknown>) => unreached(custodies, new Set(given.keys()))
  const issued = await askKeyServices<Uint8Array>(keyServicesOf(custodies), {
    async ask(id, signal) {
      const { nonce } = await executor.keyRelease(id).issueNonce({ runId: run.id }, { signal })
      // Anything else would spoil the request to every other key service.
      if (nonce.length !== nonceLength) throw new ReinraumError('key-mismatch', `key service ${id} issued something else`)
      return { kind: 'given', value: nonce }
    },
    enough: (given) => missing(given).length === 0,
  })
  const lacking = missing(givenOf(issued))
  if (lacking.length > 0) throw whyMissing(lacking, issued)
  return issued
}

function askForKeys(
  executor: Executor,
  run: VerifiedRun,
  custodies: readonly SlotCustody[],
  { request, asked }: Presentation,
  onShort: (denial: Uint8Array) => void,
): Promise<Answers<OpenedRelease>> {
  return askKeyServices<OpenedRelease>(
    request.nonces.map(({ keyServiceId }) => keyServiceId),
    {
      async ask(id, signal): Promise<Answer<OpenedRelease>> {
        const { outcome } = await executor.keyRelease(id).releaseKeys(request, { signal })
        if (outcome.case === 'released') return { kind: 'given', value: await openReleased(id, outcome.value, asked) }
        return deniedBy(executor, id, outcome.value, run, onShort)
      },
      async enough(given) {
        const { dataKeys, complete } = await combineKeys(custodies, run.manifests, partsOf(given))
        zeroise(...dataKeys.values())
        return complete
      },
      discard({ parts, histories }) {
        zeroiseParts([parts])
        zeroiseHistories([histories])
      },
    },
  )
}
