import { z } from 'zod'
import { maximumDecisions, maximumManifests, maximumSignatures } from './limits.ts'
import { receiptEvidenceSchema } from './receipt-evidence.ts'

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)

/** A General JWS as a JSON object: `canonicalBytes(jws)` are the bytes that the `verify…` functions take. */
export const jwsObjectSchema = z.strictObject({
  payload: base64url,
  signatures: z
    .array(z.strictObject({ protected: base64url, signature: base64url }))
    .min(1)
    .max(maximumSignatures),
})
export type JwsObject = z.infer<typeof jwsObjectSchema>

/** Everything that is needed to check offline what happened in one run. Nothing in it is verified by its form. */
export const receiptBundleSchema = z.strictObject({
  kind: z.literal('reinraum/receipt-bundle/v1'),
  contract: jwsObjectSchema,
  query: jwsObjectSchema,
  run: jwsObjectSchema,
  decisions: z.array(jwsObjectSchema).max(maximumDecisions),
  manifests: z.array(jwsObjectSchema).min(1).max(maximumManifests),
  releases: z.array(jwsObjectSchema).min(1).max(64),
  evidence: receiptEvidenceSchema,
  receipt: jwsObjectSchema,
})
export type ReceiptBundle = z.infer<typeof receiptBundleSchema>
