import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { randomBytes, sha256, toBase64url, toHex } from '@reinraum/crypto'
import { z } from 'zod'
import { snpProducts } from '../../snp/roots.ts'
import type { Tcb } from '../../snp/tcb.ts'
import { encodeCertificate, encodeRevocationList } from '../certificates.ts'
import { readPrivateKey, writePrivateKey } from '../keys.ts'
import { type ChainKeys, type ChainTemplates, chainTemplates } from './templates.ts'

const generate = promisify(generateKeyPair)
const bytes = z.string().regex(/^[A-Za-z0-9_-]+$/)
const spl = z.int().min(0).max(255)

/**
 * A processor that does not exist, with the root that vouches for it: real formats, worthless as protection. A contract
 * accepts it only by naming its root as simulated.
 */
export const simulatedPlatformSchema = z.strictObject({
  kind: z.literal('reinraum/simulated-platform/v1'),
  product: z.enum(snpProducts),
  chipId: z.string().regex(/^[0-9a-f]{128}$/),
  tcb: z.strictObject({ bootloader: spl, tee: spl, snp: spl, microcode: spl, fmc: spl }),
  createdAt: z.iso.datetime({ precision: 3 }),
  /** SHA-256 of the root's DER: what a contract names */
  arkSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** DER, base64url */
  certificates: z.strictObject({ ark: bytes, ask: bytes, vcek: bytes }),
  crl: bytes,
  /** PKCS #8, base64url */
  keys: z.strictObject({ ark: bytes, ask: bytes, vcek: bytes }),
})
export type SimulatedPlatform = z.infer<typeof simulatedPlatformSchema>

/**
 * Generates a simulated platform: ARK and ASK (RSA-4096, which takes seconds), VCEK (P-384), their certificates with
 * AMD's names and OIDs, and an empty revocation list that is good for five years.
 */
export async function createSimulatedPlatform(
  options: {
    readonly product?: SimulatedPlatform['product']
    readonly now?: Date
    /** bits of the RSA keys; smaller ones are quicker in tests, the appraisal takes the size from the pinned root */
    readonly modulusLength?: number
  } = {},
): Promise<SimulatedPlatform> {
  const { product = 'Genoa', now = new Date(), modulusLength = 4096 } = options
  const [ark, ask, vcek] = await Promise.all([
    generate('rsa', { modulusLength }),
    generate('rsa', { modulusLength }),
    generate('ec', { namedCurve: 'P-384' }),
  ])
  const keys: ChainKeys = { ark: ark.privateKey, ask: ask.privateKey, vcek: vcek.privateKey }
  const chipId = toHex(product === 'Turin' ? Buffer.concat([randomBytes(8), Buffer.alloc(56)]) : randomBytes(64))
  const tcb: Tcb = { bootloader: 10, tee: 0, snp: 27, microcode: 84, fmc: product === 'Turin' ? 1 : 0 }
  const templates = chainTemplates({ product, chipId, tcb, createdAt: now, keys })
  const arkDer = encodeCertificate(templates.ark)
  return {
    kind: 'reinraum/simulated-platform/v1',
    product,
    chipId,
    tcb,
    createdAt: now.toISOString(),
    arkSha256: toHex(sha256(arkDer)),
    certificates: {
      ark: toBase64url(arkDer),
      ask: toBase64url(encodeCertificate(templates.ca)),
      vcek: toBase64url(encodeCertificate(templates.vek)),
    },
    crl: toBase64url(encodeRevocationList(templates.crl)),
    keys: { ark: writePrivateKey(keys.ark), ask: writePrivateKey(keys.ask), vcek: writePrivateKey(keys.vcek) },
  }
}

/** What the platform's certificates were made from, to make others from. */
export function templatesOf(platform: SimulatedPlatform): { readonly keys: ChainKeys; readonly templates: ChainTemplates } {
  const { ark, ask, vcek } = platform.keys
  const keys = { ark: readPrivateKey(ark), ask: readPrivateKey(ask), vcek: readPrivateKey(vcek) }
  return { keys, templates: chainTemplates({ ...platform, createdAt: new Date(platform.createdAt), keys }) }
}
