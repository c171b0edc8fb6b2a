import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ReinraumError } from '@reinraum/crypto'
import { signWorkloadCertificate } from '@reinraum/pki'
import type { Ed25519Jwk } from '@reinraum/statements'
import { clockSkewMs, type WorkloadAuthority } from './authority.ts'

/** The one name that is ever issued. No request carries one. */
export const executorUri = 'spiffe://reinraum/executor'

export interface WorkloadCertificate {
  /** DER */
  readonly der: Uint8Array
  /** hex */
  readonly serial: string
  /** ms since 1970 */
  readonly notAfter: number
}

/**
 * Signs an X509-SVID for the attested key itself. There is no certificate request with a proof of possession: the evidence
 * names the key, and whoever lacks its private half can do nothing with the certificate, since each handshake is signed
 * with it.
 * @param limit ms since 1970; the certificate ends no later
 * @throws ReinraumError `internal` when what was encoded does not read back as what was meant
 */
export function issueCertificate(
  authority: WorkloadAuthority,
  privateKey: KeyObject,
  subject: Ed25519Jwk,
  { now, limit }: { readonly now: Date; readonly limit: number },
): WorkloadCertificate {
  const publicKey = createPublicKey({ key: subject, format: 'jwk' })
  const notAfter = Math.min(limit, authority.notAfter)
  const validity = { notBefore: new Date(now.getTime() - clockSkewMs), notAfter: new Date(notAfter) }
  const der = signWorkloadCertificate({ authority: authority.der, privateKey, publicKey, uri: executorUri, validity })
  const certificate = new X509Certificate(der)
  requireAsMeant(certificate, authority, publicKey, { now: now.getTime(), notAfter })
  return { der, serial: certificate.serialNumber, notAfter: Date.parse(certificate.validTo) }
}

/** Another reader than the encoder has to find exactly what was meant, before anybody else reads it. */
function requireAsMeant(
  certificate: X509Certificate,
  { certificate: issuer }: WorkloadAuthority,
  publicKey: KeyObject,
  { now, notAfter }: { readonly now: number; readonly notAfter: number },
): void {
  const ends = Date.parse(certificate.validTo)
  const found = {
    issued: certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
    canIssue: certificate.ca,
    names: certificate.subjectAltName,
    // serverAuth, clientAuth
    purposes: certificate.keyUsage,
    sameKey: certificate.publicKey.equals(publicKey),
    inForce: Date.parse(certificate.validFrom) <= now && now < ends,
    inTime: ends <= notAfter,
  }
  const meant: typeof found = {
    issued: true,
    canIssue: false,
    names: `URI:${executorUri}`,
    purposes: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    sameKey: true,
    inForce: true,
    inTime: true,
  }
  if (!isDeepStrictEqual(found, meant)) throw new ReinraumError('internal', 'the certificate does not say what it should')
}
