import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { concatBytes, utf8 } from '@reinraum/crypto'
import { beforeAll, expect, it } from 'vitest'
import type { CertificateContent } from '../simulator/certificates.ts'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import { amdExtension } from '../simulator/snp/templates.ts'
import { createPlatform, evidenceOf } from '../testing/simulated-evidence.ts'
import { parseCertificate } from './certificate.ts'

let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createPlatform()
})

async function certificateOf(change: (content: CertificateContent) => CertificateContent): Promise<Uint8Array> {
  const { endorsements } = await evidenceOf(platform, { vek: change })
  return endorsements.certificates[0] ?? new Uint8Array()
}

/** nothing is signed with it */
function rsaKey(bits: number, exponent = 65_537n) {
  const e = Buffer.from(exponent.toString(16).padStart(16, '0'), 'hex')
  const n = Buffer.alloc(bits / 8, 0xc5).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e: e.toString('base64url') } })
}

it('the key of a certificate is its own, whatever certificate in PEM stands inside its DER', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const other = new X509Certificate(await certificateOf((content) => content))
  const smuggled = amdExtension('1.2.3.4', concatBytes(utf8('\n'), utf8(other.toString())))
  const der = await certificateOf((c) => ({ ...c, publicKey, extensions: [...c.extensions, smuggled] }))
  expect(parseCertificate(der)?.publicKey.equals(publicKey)).toBe(true)
})

it.each([
  ['of 2048 bits', rsaKey(2048), 'RSA'],
  ['of 4096 bits', rsaKey(4096), 'RSA'],
  ['that is easily factored', rsaKey(512), null],
  ['that is just too short', rsaKey(2040), null],
  ['that is slow to verify with', rsaKey(16_384), null],
  ['with the exponent 3', rsaKey(4096, 3n), null],
  ['with an exponent of 64 bits', rsaKey(4096, 0xffff_ffff_ffff_ffffn), null],
] as const)('an RSA key %s: which kind it is of', async (_, publicKey, kind) => {
  expect(parseCertificate(await certificateOf((c) => ({ ...c, publicKey })))?.keyKind).toBe(kind)
})
