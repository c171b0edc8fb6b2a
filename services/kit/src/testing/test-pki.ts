import { webcrypto } from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { TlsIdentity } from '@reinraum/rpc'
import * as asn1js from 'asn1js'
import {
  AltName,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  CryptoEngine,
  Extension,
  GeneralName,
  setEngine,
} from 'pkijs'

setEngine('node', new CryptoEngine({ name: 'node', crypto: webcrypto as Crypto }))

export interface Authority {
  readonly ca: Buffer
  /** A certificate with these names: URIs have a scheme, addresses are IPv4, anything else is a DNS name. */
  issue(...names: readonly string[]): Promise<TlsIdentity>
}

/** A certificate authority for one test. */
export async function createAuthority(): Promise<Authority> {
  const keys = await generateKeys()
  const certificate = await sign(`test authority ${randomSerial().slice(0, 8)}`, undefined, keys.publicKey, keys.privateKey, [
    extension('2.5.29.19', new BasicConstraints({ cA: true }).toSchema(), true),
  ])
  const ca = pem('CERTIFICATE', certificate.toSchema(true).toBER())
  return {
    ca,
    async issue(...names) {
      const own = await generateKeys()
      const san = new AltName({ altNames: names.map(generalName) })
      const leaf = await sign('service', certificate, own.publicKey, keys.privateKey, [
        extension('2.5.29.17', san.toSchema(), false),
      ])
      const key = pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', own.privateKey))
      return { ca, cert: pem('CERTIFICATE', leaf.toSchema(true).toBER()), key }
    },
  }
}

function generateKeys() {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
}

async function sign(
  commonName: string,
  issuer: Certificate | undefined,
  publicKey: webcrypto.CryptoKey,
  signingKey: webcrypto.CryptoKey,
  extensions: Extension[],
): Promise<Certificate> {
  const certificate = new Certificate({ version: 2, extensions })
  certificate.serialNumber = new asn1js.Integer({ valueHex: Uint8Array.from(Buffer.from(randomSerial(), 'hex')).buffer })
  const name = new AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value: commonName }) })
  certificate.subject.typesAndValues.push(name)
  certificate.issuer = issuer?.subject ?? certificate.subject
  certificate.notBefore.value = new Date(Date.now() - 3600_000)
  certificate.notAfter.value = new Date(Date.now() + 3600_000)
  await certificate.subjectPublicKeyInfo.importKey(publicKey as CryptoKey)
  await certificate.sign(signingKey as CryptoKey, 'SHA-256')
  return certificate
}

function extension(extnID: string, value: asn1js.BaseBlock, critical: boolean): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() })
}

// RFC 5280 §4.2.1.6: 2 dNSName, 6 uniformResourceIdentifier, 7 iPAddress
function generalName(name: string): GeneralName {
  if (name.includes('://')) return new GeneralName({ type: 6, value: name })
  if (!isIPv4(name)) return new GeneralName({ type: 2, value: name })
  return new GeneralName({
    type: 7,
    value: new asn1js.OctetString({ valueHex: Uint8Array.from(name.split('.').map(Number)).buffer }),
  })
}

// DER: neither negative nor padded.
function randomSerial(): string {
  return `4${Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .slice(1)}`
}

function pem(label: string, der: ArrayBuffer): Buffer {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')
  return Buffer.from(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`)
}
