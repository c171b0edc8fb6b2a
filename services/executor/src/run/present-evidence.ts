import {
  type Endorsements,
  type Evidence,
  evidenceId,
  keyHoldBinding,
  keyReleaseBinding,
  reportDataOf,
} from '@reinraum/attestation'
import { canonicalBytes, toBase64url } from '@reinraum/crypto'
import { evidenceToMessage } from '@reinraum/rpc'
import type { RunBundleBytes, VerifiedRun } from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import type { RunKeys } from './keys.ts'
import type { AskedWith } from './open-released.ts'

export interface PresentationInput {
  readonly run: VerifiedRun
  readonly bundle: RunBundleBytes
  readonly keys: RunKeys
  /** key service id → its nonce; of those that gave one */
  readonly nonces: ReadonlyMap<string, Uint8Array>
  /** what is asked for: evidence made for the one is none for the other */
  readonly purpose: 'release' | 'hold'
}

/** One request to all key services, and what their answers have to fit. */
export type Presentation = Awaited<ReturnType<typeof presentEvidence>>

/** Gets one piece of evidence that binds the nonces with this run and its keys, and makes the request that shows it. */
export async function presentEvidence(
  { attester }: Pick<Executor, 'attester'>,
  { run, bundle, keys, nonces, purpose }: PresentationInput,
) {
  const bindingOf = purpose === 'hold' ? keyHoldBinding : keyReleaseBinding
  const reportData = reportDataOf(
    bindingOf({
      nonces: Object.fromEntries([...nonces].map(([id, nonce]) => [id, toBase64url(nonce)])),
      kem: toBase64url(keys.kem.publicKey),
      sig: keys.signer.keys,
      contract: run.contract.id,
      query: run.query.id,
      run: run.run.id,
    }),
  )
  const evidence: { readonly evidence: Evidence; readonly endorsements: Endorsements } = await attester.getEvidence(reportData)
  const request = {
    bundle: {
      ...bundle,
      decisions: [...bundle.decisions],
      manifests: [...bundle.manifests],
      revocations: [...bundle.revocations],
    },
    evidence: evidenceToMessage(evidence),
    nonces: [...nonces].map(([keyServiceId, nonce]) => ({ keyServiceId, nonce })),
    kemPublicKey: keys.kem.publicKey,
    signingKeys: canonicalBytes(keys.signer.keys),
  }
  const asked: AskedWith = { run, keys, reportData, evidence: evidenceId(evidence.evidence) }
  return { request, evidence, asked }
}
