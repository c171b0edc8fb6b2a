import { ReinraumError } from '@reinraum/crypto'
import type { AttestationResult } from '../result.ts'
import { type Ear, earProfile, earSchema } from './ear.ts'
import { worstOf, worstTier } from './tier.ts'

/** AR4SI §3.3: who appraised, and with what. */
export interface VerifierId {
  readonly developer: string
  readonly build: string
}

export const ownVerifierId: VerifierId = { developer: 'reinraum', build: '@reinraum/attestation 0.1.0' }

/** What an EAR says beside the result itself. */
export interface EarContext {
  readonly now: Date
  /** see `referenceValuesId` */
  readonly policyId: string
  /** see `evidenceId` */
  readonly evidenceId: string
  /** of whoever asked for the result, base64url: echoed, so that the answer is as fresh as the question */
  readonly nonce?: string
  readonly verifier?: VerifierId
}

/**
 * An attestation result as an EAR (draft-ietf-rats-ear-04).
 * @throws ReinraumError `invalid-argument` for a context that no EAR can carry
 */
export function toEar(result: AttestationResult, context: EarContext): Ear {
  // Whatever became of either, neither may look better than the other.
  const status = worstOf([result.status, worstTier(result.trustVector)])
  const ear = {
    eat_profile: earProfile,
    ear_status: status,
    iat: Math.floor(context.now.getTime() / 1000),
    ear_verifier_id: context.verifier ?? ownVerifierId,
    submods: {
      [result.tee]: {
        ear_status: status,
        ear_trustworthiness_vector: { ...result.trustVector },
        ear_appraisal_policy_ids: [context.policyId],
        ...(result.claims === null ? {} : { ear_attester_claims: { 'reinraum.claims': { ...result.claims } } }),
        ear_verifier_claims: verifierClaims(result, context.evidenceId),
      },
    },
    ...(context.nonce === undefined ? {} : { eat_nonce: context.nonce }),
  }
  const parsed = earSchema.safeParse(ear)
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new ReinraumError('invalid-argument', `no EAR can be made of this: ${at.slice(0, 100)}`)
  }
  return parsed.data
}

function verifierClaims(result: AttestationResult, evidence: string) {
  return {
    'reinraum.evidence': evidence,
    'reinraum.hardware': result.hardware,
    'reinraum.paravisor': result.paravisor,
    'reinraum.reasons': [...result.reasons],
    'reinraum.waivers': [...result.waivers],
    'reinraum.checks': result.checks.map(({ name, verdict, detail }) => ({ name, verdict, detail: plain(detail) })),
  }
}

/** A detail can repeat a name out of a certificate, and every reader of the EAR must be able to read what is written there. */
function plain(detail: string): string {
  return detail
    .slice(0, 1000)
    .toWellFormed()
    .replace(/\p{Noncharacter_Code_Point}/gu, '\ufffd')
}
