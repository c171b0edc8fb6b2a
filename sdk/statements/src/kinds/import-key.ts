import { fromBase64url, isRsa4096PublicKey, rsa4096PublicKeyLength, rsaAesKeyWrap } from '@reinraum/crypto'
import { z } from 'zod'
import { keyServiceIdSchema, validitySchema } from '../parts/identifiers.ts'

const publicKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .length(Math.ceil((rsa4096PublicKeyLength * 4) / 3))
  .refine(isPublicKey, 'expected an RSA public key of 4096 bits')

/** A key of a key service to which an owner's HSM wraps a data key. Signed by the key service, for HSMs that speak no HPKE. */
export const importKeySchema = z.strictObject({
  kind: z.literal('reinraum/import-key/v1'),
  keyService: keyServiceIdSchema,
  /** counts the import keys of one key service, from 1 */
  version: z.int().min(1),
  algorithm: z.literal(rsaAesKeyWrap),
  /** SubjectPublicKeyInfo in DER, base64url */
  publicKey: publicKeySchema,
  /** from when it was made until it opens nothing any more */
  validity: validitySchema,
})
export type ImportKey = z.infer<typeof importKeySchema>

function isPublicKey(text: string): boolean {
  try {
    return isRsa4096PublicKey(fromBase64url(text))
  } catch {
    return false
  }
}
