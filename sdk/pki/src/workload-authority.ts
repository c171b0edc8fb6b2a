import { createPublicKey, type KeyObject } from 'node:crypto'
import * as pkijs from 'pkijs'
import { type CertificateValidity, derOf, signCertificate } from './certificate.ts'
import {
  authorityExtensions,
  authorityKeyIdentifier,
  endEntityExtensions,
  onlyUrisOf,
  subjectKeyIdentifier,
} from './extensions.ts'
import { commonName, organizationName } from './names.ts'

/**
 * A self-signed authority of one level that can vouch for URIs of one SPIFFE trust domain and for nothing else.
 * @param options.privateKey Ed25519 or P-256
 * @returns X.509, DER
 */
export function signWorkloadAuthority(options: {
  readonly name: string
  readonly trustDomain: string
  readonly privateKey: KeyObject
  readonly validity: CertificateValidity
}): Uint8Array {
  const { name, trustDomain, privateKey, validity } = options
  const publicKey = createPublicKey(privateKey)
  const subject = commonName(name)
  const identifier = subjectKeyIdentifier(keyInfoOf(publicKey))
  const extensions = [...authorityExtensions(), onlyUrisOf(trustDomain), identifier]
  return derOf(signCertificate({ subject, issuer: subject, publicKey, signingKey: privateKey, validity, extensions }))
}

/**
 * An X509-SVID (§4) under such an authority: one URI, for both ends of a connection, unable to issue.
 * @param options.authority the authority's certificate, DER
 * @param options.privateKey the authority's
 * @param options.publicKey whom the certificate is for; without the private key it is of no use to anybody
 * @returns X.509, DER
 */
export function signWorkloadCertificate(options: {
  readonly authority: Uint8Array
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly uri: string
  readonly validity: CertificateValidity
}): Uint8Array {
  const { authority, privateKey, publicKey, uri, validity } = options
  const issuer = pkijs.Certificate.fromBER(Uint8Array.from(authority))
  const extensions = [...endEntityExtensions([uri]), authorityKeyIdentifier(issuer.subjectPublicKeyInfo)]
  // No common name: it would be held against the authority's ban on host names.
  const subject = organizationName('Reinraum')
  return derOf(signCertificate({ subject, issuer: issuer.subject, publicKey, signingKey: privateKey, validity, extensions }))
}

function keyInfoOf(publicKey: KeyObject): pkijs.PublicKeyInfo {
  return pkijs.PublicKeyInfo.fromBER(publicKey.export({ type: 'spki', format: 'der' }))
}
