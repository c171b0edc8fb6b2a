import { parseCertificate } from '../x509/certificate.ts'
import { parseRevocationList } from '../x509/revocation-list.ts'

/** What a DER file is, by what can be parsed from it and not by its name. Nothing of it is verified. */
export type EndorsementDescription =
  | { readonly kind: 'certificate'; readonly subject: string | null; readonly sha256: string }
  | { readonly kind: 'crl'; readonly issuer: string | null; readonly nextUpdate: string }

/** @returns null for what appraisal could read neither as a certificate nor as a revocation list */
export function describeEndorsement(der: Uint8Array): EndorsementDescription | null {
  const certificate = parseCertificate(der)
  if (certificate !== null) return { kind: 'certificate', subject: certificate.subject.commonName, sha256: certificate.sha256 }
  const list = parseRevocationList(der)
  if (list === null) return null
  return { kind: 'crl', issuer: list.issuer.commonName, nextUpdate: list.nextUpdate.toISOString() }
}
