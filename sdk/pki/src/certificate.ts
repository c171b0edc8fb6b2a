import { type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

const ecdsaWithSha256 = '1.2.840.10045.4.3.2'

/** An X.509 certificate (RFC 5280), signed with ECDSA and SHA-256. */
export function signCertificate(options: {
  readonly subject: pkijs.RelativeDistinguishedNames
  readonly issuer: pkijs.RelativeDistinguishedNames
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly lifetimeMs: number
  readonly extensions: pkijs.Extension[]
}): pkijs.Certificate {
  const { subject, issuer, publicKey, signingKey, lifetimeMs, extensions } = options
  const certificate = new pkijs.Certificate({ version: 2, extensions })
  certificate.serialNumber = serialNumber()
  certificate.issuer = issuer
  certificate.subject = subject
  // A clock that runs a little behind must not refuse a fresh certificate.
  certificate.notBefore.value = new Date(Date.now() - 300_000)
  certificate.notAfter.value = new Date(Date.now() + lifetimeMs)
  certificate.subjectPublicKeyInfo = pkijs.PublicKeyInfo.fromBER(publicKey.export({ type: 'spki', format: 'der' }))
  // Node signs, and not pkijs, whose engine is a setting of the whole process.
  certificate.signature = new pkijs.AlgorithmIdentifier({ algorithmId: ecdsaWithSha256 })
  certificate.signatureAlgorithm = certificate.signature
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER())
  const signature = sign('sha256', certificate.tbsView, signingKey)
  certificate.signatureValue = new asn1js.BitString({ valueHex: Uint8Array.from(signature).buffer })
  return certificate
}

export function extension(extnID: string, value: asn1js.BaseBlock, critical = false): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })
}

export function commonName(value: string): pkijs.RelativeDistinguishedNames {
  const name = new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value }) })
  return new pkijs.RelativeDistinguishedNames({ typesAndValues: [name] })
}

// RFC 5280 §4.2.1.6: 2 dNSName, 6 uniformResourceIdentifier, 7 iPAddress
export function generalName(name: string): pkijs.GeneralName {
  if (name.includes('://')) return new pkijs.GeneralName({ type: 6, value: name })
  if (!isIPv4(name)) return new pkijs.GeneralName({ type: 2, value: name })
  const address = new asn1js.OctetString({ valueHex: Uint8Array.from(name.split('.').map(Number)).buffer })
  return new pkijs.GeneralName({ type: 7, value: address })
}

export function pemOf(certificate: pkijs.Certificate): Buffer {
  const lines = Buffer.from(certificate.toSchema(true).toBER())
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
