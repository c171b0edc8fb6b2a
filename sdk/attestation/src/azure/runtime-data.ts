import { createPublicKey, type KeyObject } from 'node:crypto'
import { fromBase64url, parseStrictJson } from '@reinraum/crypto'
import { z } from 'zod'
import { maxHclReportLength } from './hcl-layout.ts'

const attestationKeyId = 'HCLAkPub'

/** Other names are the paravisor's own business (its configuration, its clock), and differ between its versions. */
const runtimeDataSchema = z.looseObject({ keys: z.array(z.looseObject({ kid: z.string() })).max(16) })

/** RSA-2048 with the exponent that a TPM uses: 256 bytes are 342 characters, 65537 is `AQAB`. */
const attestationKeySchema = z.looseObject({
  kty: z.literal('RSA'),
  n: z.string().regex(/^[A-Za-z0-9_-]{342}$/),
  e: z.literal('AQAB'),
})

/** The key under which the paravisor's TPM signs quotes; null unless the runtime data names exactly one. */
export function readAttestationKey(runtimeData: Uint8Array): KeyObject | null {
  try {
    const limits = { maxBytes: maxHclReportLength, maxDepth: 8 }
    const { keys } = runtimeDataSchema.parse(parseStrictJson(runtimeData, limits))
    const named = keys.filter(({ kid }) => kid === attestationKeyId)
    if (named.length !== 1) return null
    const { kty, n, e } = attestationKeySchema.parse(named[0])
    // Leading zeros would make it a shorter key than its text looks.
    if ((fromBase64url(n)[0] ?? 0) < 0x80) return null
    return createPublicKey({ format: 'jwk', key: { kty, n, e } })
  } catch {
    return null
  }
}
