import { z } from 'zod'
import { attestationReasons, type TrustClaim, trustClaims, waivers } from '../result.ts'
import { earStatuses, worstOf, worstTier } from './tier.ts'

/** draft-ietf-rats-ear-04 §3. Another revision has another tag, and other claims under it. */
export const earProfile = 'tag:ietf.org,2026:rats/ear#04'

const text = (length: number) => z.string().min(1).max(length)
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const statusSchema = z.enum(earStatuses)
/** seconds since 1970; the draft refuses fractions */
const time = z.int().min(0)

/** draft-ietf-rats-ar4si §3.1: signed bytes, any of them left out, not all */
const claim = z.int().min(-128).max(127)
const vectorSchema = z
  .strictObject(Object.fromEntries(trustClaims.map((name) => [name, claim.exactOptional()])) as Record<TrustClaim, ExactClaim>)
  .refine((vector) => Object.keys(vector).length > 0, { message: 'an empty trust vector' })
type ExactClaim = z.ZodExactOptional<typeof claim>

const checkSchema = z.strictObject({
  name: text(64),
  verdict: z.enum(['passed', 'failed', 'skipped']),
  detail: z.string().max(1024),
})

/** What this verifier concluded beyond the draft, under names that nobody else uses (RFC 7519 §4.2). */
const verifierClaimsSchema = z.object({
  /** id of the evidence that was appraised */
  'reinraum.evidence': digest,
  /** whether a processor signed the evidence; never true for a simulator */
  'reinraum.hardware': z.boolean(),
  'reinraum.paravisor': z.enum(['azure']).nullable(),
  'reinraum.reasons': z.array(z.enum(attestationReasons)).max(attestationReasons.length),
  'reinraum.waivers': z.array(z.enum(waivers)).max(waivers.length),
  'reinraum.checks': z.array(checkSchema).min(1).max(256),
})

const appraisalSchema = z
  .object({
    ear_status: statusSchema,
    ear_trustworthiness_vector: vectorSchema,
    /** the reference values, see `referenceValuesId` */
    ear_appraisal_policy_ids: z.tuple([digest]),
    /** absent where nothing proved who said it */
    ear_attester_claims: z.object({ 'reinraum.claims': z.looseObject({ tee: z.enum(['snp', 'tdx']) }) }).exactOptional(),
    ear_verifier_claims: verifierClaimsSchema,
  })
  // §3.1: no status is better than the worst of its vector. Nor does one that is refused go without a reason.
  .refine((appraisal) => isNoBetterThan(appraisal.ear_status, worstTier(appraisal.ear_trustworthiness_vector)), {
    path: ['ear_status'],
    message: 'better than the trust vector',
  })
  .refine(
    ({ ear_status, ear_verifier_claims: { 'reinraum.reasons': reasons, 'reinraum.waivers': waived } }) =>
      ear_status === 'affirming'
        ? reasons.length + waived.length === 0
        : ear_status === 'contraindicated' || reasons.length === 0,
    { path: ['ear_status'], message: 'better than its reasons and waivers' },
  )
export type EarAppraisal = z.infer<typeof appraisalSchema>

/** One attester, under the kind of its hardware; `unknown` where not even that could be told. */
const submodsSchema = z
  .partialRecord(z.enum(['snp', 'tdx', 'unknown']), appraisalSchema)
  .refine((submods) => Object.keys(submods).length === 1, { message: 'expected one attester' })

/**
 * An attestation result as a claims set (draft-ietf-rats-ear-04, JSON), as this verifier writes it. Claims that it does not know
 * are ignored, as the draft demands of every reader (§4); those that it knows have exactly their form.
 */
export const earSchema = z
  .object({
    eat_profile: z.literal(earProfile),
    ear_status: statusSchema,
    iat: time,
    exp: time.exactOptional(),
    ear_verifier_id: z.strictObject({ developer: text(256), build: text(256) }),
    /** never written here: it would tell every reader which chip it was */
    ear_raw_evidence: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .max(1 << 15)
      .exactOptional(),
    submods: submodsSchema,
    /** of whoever asked for this result: 8 to 64 bytes in base64url (RFC 9711 §4.1) */
    eat_nonce: z
      .string()
      .regex(/^[A-Za-z0-9_-]{12,88}$/)
      .exactOptional(),
  })
  .refine(({ ear_status, submods }) => isNoBetterThan(ear_status, worstOf(Object.values(submods).map((s) => s.ear_status))), {
    path: ['ear_status'],
    message: 'better than that of the attester',
  })
export type Ear = z.infer<typeof earSchema>

/** The appraisal of the one attester that an EAR of this verifier is about. */
export function appraisalOf(ear: Ear): EarAppraisal {
  const [appraisal] = Object.values(ear.submods)
  return appraisal as EarAppraisal
}

function isNoBetterThan(status: z.infer<typeof statusSchema>, limit: z.infer<typeof statusSchema>): boolean {
  return worstOf([status, limit]) === status
}
