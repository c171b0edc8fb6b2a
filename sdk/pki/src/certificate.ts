import { type KeyObject, randomBytes, sign } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

/** From and until when, both included. X.509 counts seconds: fractions are cut off. */
export interface CertificateValidity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** An X.509 certificate (RFC 5280), signed with Ed25519, or with ECDSA and SHA-256 on P-256: as the signing key is. */
export function signCertificate(options: {
  readonly subject: pkijs.RelativeDistinguishedNames
  readonly issuer: pkijs.RelativeDistinguishedNames
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly validity: CertificateValidity
  readonly extensions: pkijs.Extension[]
}): pkijs.Certificate {
  const { subject, issuer, publicKey, signingKey, validity, extensions } = options
  const { algorithmId, digest } = signatureWith(signingKey)
  const certificate = new pkijs.Certificate({ version: 2, extensions })
  certificate.serialNumber = serialNumber()
  certificate.issuer = issuer
  certificate.subject = subject
  certificate.notBefore = timeOf(validity.notBefore)
  certificate.notAfter = timeOf(validity.notAfter)
  certificate.subjectPublicKeyInfo = pkijs.PublicKeyInfo.fromBER(publicKey.export({ type: 'spki', format: 'der' }))
  // Node signs, and not pkijs, whose engine is a setting of the whole process.
  certificate.signature = new pkijs.AlgorithmIdentifier({ algorithmId })
  certificate.signatureAlgorithm = certificate.signature
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER())
  const signature = sign(digest, certificate.tbsView, signingKey)
  certificate.signatureValue = new asn1js.BitString({ valueHex: Uint8Array.from(signature).buffer })
  return certificate
}

/** A clock that runs a little behind must not refuse a fresh certificate. */
export const clockSkewMs = 300_000

/** From now on, for so many ms. */
export function validFor(lifetimeMs: number): CertificateValidity {
  return { notBefore: new Date(Date.now() - clockSkewMs), notAfter: new Date(Date.now() + lifetimeMs) }
}

function signatureWith({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  // RFC 8410 §3: Ed25519 hashes by itself.
  if (type === 'ed25519') return { algorithmId: '1.3.101.112', digest: null }
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return { algorithmId: '1.2.840.10045.4.3.2', digest: 'sha256' }
  throw new TypeError('certificates are signed with Ed25519 or on P-256')
}

// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from then on; no fractions of a second.
function timeOf(date: Date): pkijs.Time {
  const value = new Date(Math.floor(date.getTime() / 1000) * 1000)
  return new pkijs.Time({ type: value.getUTCFullYear() < 2050 ? pkijs.TimeType.UTCTime : pkijs.TimeType.GeneralizedTime, value })
}

export function derOf(certificate: pkijs.Certificate): Uint8Array {
  return new Uint8Array(certificate.toSchema(true).toBER())
}

export function pemOf(certificate: pkijs.Certificate): Buffer {
  const lines = Buffer.from(derOf(certificate))
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n')
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`)
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets; DER: not padded.
function serialNumber(): asn1js.Integer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return new asn1js.Integer({ valueHex: new Uint8Array(bytes).buffer })
}
