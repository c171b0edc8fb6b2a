import { fromBase64url, parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { errors, jwtVerify } from 'jose'
import { z } from 'zod'
import { type EarAlgorithm, type EarKey, earAlgorithms, earType, maximumTokenLength } from './algorithms.ts'
import { appraisalOf, type Ear, earSchema } from './ear.ts'

/** How far two clocks may stand apart. */
const toleranceSeconds = 30

/** The closed set also refuses `crit`, `b64`, and every key that a token brings along (RFC 7515 §4.1, RFC 7797). */
const headerSchema = z.strictObject({
  alg: z.enum(earAlgorithms),
  typ: z.literal(earType),
  kid: z.string().min(1).max(256),
})

export interface EarExpectation {
  /** the verifier's key, known from elsewhere */
  readonly key: EarKey
  readonly algorithms: readonly EarAlgorithm[]
  /** the relying party's own clock */
  readonly now: Date
  /** since the appraisal, however long the verifier lets the token live */
  readonly maximumAgeSeconds: number
  /** see `referenceValuesId` */
  readonly policyId?: string
  /** what this relying party sent along with its question */
  readonly nonce?: string
  /** see `evidenceId` */
  readonly evidenceId?: string
}

/**
 * Verifies a signed EAR. A good one says that this verifier came to this conclusion, and not that the conclusion is a good one:
 * that is for the caller to read in `ear_status`, and in `reinraum.hardware`.
 *
 * @throws ReinraumError `invalid-statement`, `signature-invalid`, `expired`, `not-yet-valid`, `nonce-unknown`,
 * `contract-mismatch` (other reference values), `conflict` (other evidence); `invalid-argument` for an expectation without
 * a time
 */
export async function verifyEar(token: string, expected: EarExpectation): Promise<Ear> {
  const { now, maximumAgeSeconds } = expected
  // Compared with what is no number, nothing would ever be too old.
  if (!Number.isFinite(now.getTime()) || !(maximumAgeSeconds > 0)) {
    throw new ReinraumError('invalid-argument', 'an EAR cannot be verified without a time and a greatest age')
  }
  const ear = readToken(token)
  try {
    await jwtVerify(token, expected.key, {
      algorithms: [...expected.algorithms],
      typ: earType,
      currentDate: now,
      clockTolerance: toleranceSeconds,
      maxTokenAge: maximumAgeSeconds,
    })
  } catch (cause) {
    throw refusalOf(cause)
  }
  requireExpected(ear, expected)
  return ear
}

/** Reads what stands in a token before anything is believed of it. jose reads JSON as a browser does: of two members, the last. */
function readToken(token: string): Ear {
  const parts = token.length <= maximumTokenLength ? token.split('.') : []
  const [header = '', payload = '', signature = ''] = parts
  try {
    if (parts.length !== 3) throw new ReinraumError('invalid-statement', 'not three parts')
    headerSchema.parse(parseStrictJson(fromBase64url(header)))
    // One text per signature: else one token would have many forms.
    fromBase64url(signature)
    return earSchema.parse(parseStrictJson(fromBase64url(payload)))
  } catch (cause) {
    throw new ReinraumError('invalid-statement', 'the token is no EAR', { cause })
  }
}

function requireExpected(ear: Ear, { policyId, nonce, evidenceId }: EarExpectation): void {
  const { ear_appraisal_policy_ids: policies, ear_verifier_claims: claims } = appraisalOf(ear)
  if (nonce !== undefined && ear.eat_nonce !== nonce) {
    throw new ReinraumError('nonce-unknown', 'the EAR answers another question')
  }
  if (policyId !== undefined && policies[0] !== policyId) {
    throw new ReinraumError('contract-mismatch', 'the EAR is about other reference values')
  }
  if (evidenceId !== undefined && claims['reinraum.evidence'] !== evidenceId) {
    throw new ReinraumError('conflict', 'the EAR is about other evidence')
  }
}

function refusalOf(cause: unknown): ReinraumError {
  if (cause instanceof errors.JWTExpired) return new ReinraumError('expired', 'the EAR is too old', { cause })
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return new ReinraumError('not-yet-valid', 'the EAR is from the future', { cause })
  }
  return new ReinraumError('signature-invalid', "the token is not signed with the verifier's key", { cause })
}
