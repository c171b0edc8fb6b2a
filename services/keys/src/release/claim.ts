import { ReinraumError, toBase64url } from '@reinraum/crypto'
import type { HoldBudgetRequest, ReleaseKeysRequest } from '@reinraum/proto'
import { evidenceFromMessage, type PresentedEvidence } from '@reinraum/rpc'
import { keyServiceIdSchema, parseStatement, type RunBundleBytes, type SigningKeys } from '@reinraum/statements'
import { readSigningKeys } from '../signing-keys.ts'

/** What a request says, in shape only: nothing in it has been verified. */
export interface ReleaseClaim {
  readonly bundle: RunBundleBytes
  readonly contractId: string
  readonly queryId: string
  readonly runId: string
  readonly presented: PresentedEvidence
  /** key service → nonce, base64url */
  readonly nonces: Readonly<Record<string, string>>
  readonly kemPublicKey: Uint8Array
  readonly signingKeys: SigningKeys
}

/**
 * Reads a request as far as a decision about it can be recorded: which run of which contract it is about.
 * @throws ReinraumError `invalid-argument`, `invalid-statement`, `unknown-kind`, `malformed-evidence`
 */
export function readClaim(request: ReleaseKeysRequest | HoldBudgetRequest): ReleaseClaim {
  if (request.bundle === undefined) throw new ReinraumError('invalid-argument', 'the request carries no run')
  const { contract, query, run, decisions, manifests, revocations } = request.bundle
  const { id: runId, document } = parseStatement(run)
  if (document.kind !== 'reinraum/run/v1') throw new ReinraumError('unknown-kind', 'the run is another kind of statement')
  return {
    bundle: { contract, query, run, decisions, manifests, revocations },
    contractId: document.contract,
    queryId: document.query,
    runId,
    presented: evidenceFromMessage(request.evidence),
    nonces: noncesOf(request),
    kemPublicKey: request.kemPublicKey,
    signingKeys: readSigningKeys(request.signingKeys),
  }
}

function noncesOf(request: Pick<ReleaseKeysRequest, 'nonces'>): Record<string, string> {
  const nonces = new Map<string, string>()
  for (const { keyServiceId, nonce } of request.nonces) {
    if (!keyServiceIdSchema.safeParse(keyServiceId).success || nonces.has(keyServiceId)) {
      throw new ReinraumError('invalid-argument', 'a nonce names no key service, or one that is there twice')
    }
    nonces.set(keyServiceId, toBase64url(nonce))
  }
  return Object.fromEntries(nonces)
}
