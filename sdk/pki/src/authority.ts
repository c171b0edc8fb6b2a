import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import * as pkijs from 'pkijs'
import { pemOf, signCertificate, validFor } from './certificate.ts'
import { authorityExtensions, endEntityExtensions } from './extensions.ts'
import { commonName } from './names.ts'

const day = 86_400_000
const authorityDays = 30
const certificateDays = 7

/** A certificate with its private key, and the authority that vouches for it. All PEM. */
export interface IssuedCertificate {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

export interface Authority {
  /** PEM */
  readonly ca: Buffer
  /** The authority's private key, PKCS #8 in PEM. */
  readonly key: Buffer
  /**
   * A fresh P-256 key and a certificate for both ends of a connection, good for seven days.
   * @param names URIs have a scheme, addresses are IPv4, anything else is a DNS name
   */
  issue(...names: readonly string[]): IssuedCertificate
}

/** What the certificate of a service on this machine names. X509-SVID §2: exactly one URI. */
export function namesOfLocalService(id: string): readonly string[] {
  return [`spiffe://reinraum/${id}`, 'localhost', '127.0.0.1']
}

/** A new certificate authority of one level, good for thirty days. */
export function createAuthority(): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = commonName('Reinraum local authority')
  const certificate = signCertificate({
    subject,
    issuer: subject,
    publicKey,
    signingKey: privateKey,
    validity: validFor(authorityDays * day),
    extensions: authorityExtensions(),
  })
  return authorityOf(certificate, privateKey)
}

/** The authority that was kept as PEM, or undefined when certificates that it signs now would outlive it. */
export function restoreAuthority(kept: { readonly ca: Buffer; readonly key: Buffer }): Authority | undefined {
  const { validTo, raw } = new X509Certificate(kept.ca)
  if (Date.parse(validTo) < Date.now() + certificateDays * day) return undefined
  return authorityOf(pkijs.Certificate.fromBER(raw), createPrivateKey(kept.key))
}

function authorityOf(certificate: pkijs.Certificate, signingKey: KeyObject): Authority {
  const ca = pemOf(certificate)
  return {
    ca,
    key: exportKey(signingKey),
    issue(...names) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const issued = signCertificate({
        subject: commonName('service'),
        issuer: certificate.subject,
        publicKey,
        signingKey,
        validity: validFor(certificateDays * day),
        extensions: endEntityExtensions(names),
      })
      return { ca, cert: pemOf(issued), key: exportKey(privateKey) }
    },
  }
}

function exportKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }))
}
