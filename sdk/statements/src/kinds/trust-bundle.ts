import { z } from 'zod'
import { instantSchema, keyServiceIdSchema } from '../parts/identifiers.ts'

/** X.509 certificates in one bundle: the authority in use, its successor, and those whose identities have not ended yet. */
export const maximumAuthorities = 16

/**
 * The authorities under which a key service issues identities to executors. Signed by the key service, whose keys stand in
 * contracts: so believing it takes nobody's word on the way, not that of the operator whose certificates open the channel.
 */
export const trustBundleSchema = z.strictObject({
  kind: z.literal('reinraum/trust-bundle/v1'),
  keyService: keyServiceIdSchema,
  /** X.509 certificates, DER, base64url */
  authorities: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/)).max(maximumAuthorities),
  issuedAt: instantSchema,
  /** when to ask again: an authority is never used before every bundle that lacks it has passed this */
  refreshBy: instantSchema,
})
export type TrustBundle = z.infer<typeof trustBundleSchema>
