import { type Endorsements, type Evidence, keyReleaseBinding, reportDataOf } from '@reinraum/attestation'
import {
  canonicalBytes,
  type ErrorCode,
  hpkeOpen,
  isErrorCode,
  parseStrictJson,
  ReinraumError,
  sealedObjectSchema,
  toBase64url,
  utf8,
  zeroise,
} from '@reinraum/crypto'
import type { KeysReleased } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import {
  keyCustodyOf,
  type Release,
  type RunBundleBytes,
  type Verified,
  type VerifiedRun,
  verifyRelease,
} from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import type { RunKeys } from './keys.ts'

export interface ObtainedKeys {
  /** slot → data key, 32 bytes */
  readonly dataKeys: ReadonlyMap<string, Uint8Array>
  readonly releases: readonly Verified<Release>[]
  readonly evidence: { readonly evidence: Evidence; readonly endorsements: Endorsements }
  /** key service id → nonce, base64url */
  readonly nonces: Readonly<Record<string, string>>
  readonly leaseExpiresAt: ReadonlyMap<string, number>
}

/** The key services that hold a data key of this run, each once, sorted. */
export function keyServicesOf({ contract, manifests }: VerifiedRun): readonly string[] {
  const slots = contract.document.slots.filter((slot) => manifests.has(slot.id))
  return [...new Set(slots.flatMap((slot) => keyCustodyOf(slot).services))].sort()
}

/**
 * Steps 5 and 6: a nonce from every involved key service, one piece of evidence that binds all of them with this run's keys,
 * and the data keys, each sealed to the KEM key inside that evidence.
 * @throws ReinraumError with the key service's own reason when one denies, `key-mismatch` when an answer does not fit
 */
export async function obtainKeys(
  executor: Executor,
  run: VerifiedRun,
  bundle: RunBundleBytes,
  keys: RunKeys,
): Promise<ObtainedKeys> {
  const services = keyServicesOf(run)
  const issued = await Promise.all(
    services.map(async (id) => [id, (await executor.keyRelease(id).issueNonce({ runId: run.run.id })).nonce] as const),
  )
  const nonces = Object.fromEntries(issued.map(([id, nonce]) => [id, toBase64url(nonce)]))
  const binding = keyReleaseBinding({
    nonces,
    kem: toBase64url(keys.kem.publicKey),
    sig: keys.signer.keys,
    contract: run.contract.id,
    query: run.query.id,
    run: run.run.id,
  })
  const reportData = reportDataOf(binding)
  const evidence = await executor.attester.getEvidence(reportData)
  const request = {
    bundle: {
      ...bundle,
      decisions: [...bundle.decisions],
      manifests: [...bundle.manifests],
      revocations: [...bundle.revocations],
    },
    evidence: evidenceToMessage(evidence),
    nonces: issued.map(([keyServiceId, nonce]) => ({ keyServiceId, nonce })),
    kemPublicKey: keys.kem.publicKey,
    signingKeys: canonicalBytes(keys.signer.keys),
  }
  const dataKeys = new Map<string, Uint8Array>()
  const leaseExpiresAt = new Map<string, number>()
  const ask = async (id: string) => {
    const { outcome } = await executor.keyRelease(id).releaseKeys(request)
    if (outcome.case !== 'released') {
      throw new ReinraumError(
        denialCode(outcome.case === 'denied' ? outcome.value.reasonCode : ''),
        `key service ${id} released no key`,
      )
    }
    for (const [slot, key] of await openKeys(run, id, outcome.value, keys, reportData)) dataKeys.set(slot, key)
    leaseExpiresAt.set(id, Number(outcome.value.leaseExpiresAt))
    return releaseOf(run, id, outcome.value)
  }
  // Every answer is waited for: a key that came beside another service's denial is overwritten, not forgotten.
  const answers = await Promise.allSettled(services.map(ask))
  const denied = answers.find((answer) => answer.status === 'rejected')
  if (denied !== undefined || dataKeys.size !== run.manifests.size) {
    zeroise(...dataKeys.values())
    throw denied?.reason ?? new ReinraumError('key-mismatch', 'the key services released too few keys')
  }
  const releases = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  return { dataKeys, releases, evidence, nonces, leaseExpiresAt }
}

async function openKeys(run: VerifiedRun, service: string, released: KeysReleased, keys: RunKeys, info: Uint8Array) {
  return Promise.all(
    released.keys.map(async ({ slot, manifestId, sealedKey }) => {
      const expected = run.contract.document.slots.find((s) => s.id === slot)
      if (
        expected === undefined ||
        !keyCustodyOf(expected).services.includes(service) ||
        run.manifests.get(slot)?.id !== manifestId
      ) {
        throw new ReinraumError('key-mismatch', `key service ${service} released a key that was not asked for`)
      }
      const sealed = sealedObjectSchema.safeParse(parseStrictJson(sealedKey))
      if (!sealed.success) throw new ReinraumError('key-mismatch', `key service ${service} answered with a malformed key`)
      const dataKey = await hpkeOpen(keys.kem.privateKey, keys.kem.publicKey, sealed.data, { info, aad: utf8(manifestId) })
      if (dataKey.length !== 32) throw new ReinraumError('key-mismatch', 'a data key is 32 bytes')
      return [slot, dataKey] as const
    }),
  )
}

async function releaseOf(run: VerifiedRun, service: string, { release }: KeysReleased): Promise<Verified<Release>> {
  const verified = await verifyRelease(release, run.contract)
  if (verified.document.keyService !== service || verified.document.run !== run.run.id) {
    throw new ReinraumError('key-mismatch', `key service ${service} answered with another release`)
  }
  return verified
}

function denialCode(reason: string): ErrorCode {
  return isErrorCode(reason) ? reason : 'permission-denied'
}
