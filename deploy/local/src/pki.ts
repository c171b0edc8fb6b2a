import { randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { writePrivateFile, writePublicFile } from './private-file.ts'

pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as Crypto }))

const day = 86_400_000
const authorityDays = 30
const certificateDays = 7
const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface Authority {
  /** PEM */
  readonly ca: string
  readonly caFile: string
  /**
   * A fresh key and certificate for `spiffe://reinraum/<id>` on this machine, good for seven days, for both ends of a
   * connection. `name` is the name of the files.
   */
  issue(id: string, name?: string): Promise<TlsFiles>
}

/** The certificate authority of one room. Kept in its folder, so that whoever holds the room file can go on trusting it. */
export async function openAuthority(folder: string): Promise<Authority> {
  const caFile = join(folder, 'ca.pem')
  const keyFile = join(folder, 'ca.key')
  const kept = await readAuthority(caFile, keyFile)
  const { certificate, key } = kept ?? (await createAuthority(caFile, keyFile))
  return {
    ca: pem('CERTIFICATE', certificate.toSchema(true).toBER()),
    caFile,
    async issue(id, name = id.replaceAll('/', '-')) {
      const files = { ca: caFile, cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
      const own = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])
      const leaf = await sign({
        subject: id,
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: key,
        days: certificateDays,
        extensions: [
          extension('2.5.29.19', new pkijs.BasicConstraints({ cA: false }).toSchema(), true),
          // digitalSignature
          extension('2.5.29.15', new asn1js.BitString({ valueHex: new Uint8Array([0x80]).buffer, unusedBits: 7 }), true),
          // serverAuth and clientAuth: a service is both
          extension('2.5.29.37', new pkijs.ExtKeyUsage({ keyPurposes: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] }).toSchema()),
          extension('2.5.29.17', namesOf(id).toSchema()),
        ],
      })
      await writePrivateFile(files.key, pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', own.privateKey)))
      await writePublicFile(files.cert, pem('CERTIFICATE', leaf.toSchema(true).toBER()))
      return files
    },
  }
}

interface AuthorityKeys {
  readonly certificate: pkijs.Certificate
  readonly key: webcrypto.CryptoKey
}

async function createAuthority(caFile: string, keyFile: string): Promise<AuthorityKeys> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])
  const subject = new pkijs.RelativeDistinguishedNames({ typesAndValues: [commonName('Reinraum local authority')] })
  const certificate = await sign({
    subject,
    issuer: subject,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    days: authorityDays,
    extensions: [
      extension('2.5.29.19', new pkijs.BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema(), true),
      // keyCertSign, cRLSign
      extension('2.5.29.15', new asn1js.BitString({ valueHex: new Uint8Array([0x06]).buffer, unusedBits: 1 }), true),
    ],
  })
  await writePrivateFile(keyFile, pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)))
  await writePublicFile(caFile, pem('CERTIFICATE', certificate.toSchema(true).toBER()))
  return { certificate, key: keys.privateKey }
}

/** The authority of an earlier start, unless certificates that it signs now would outlive it. */
async function readAuthority(caFile: string, keyFile: string): Promise<AuthorityKeys | undefined> {
  const [ca, key] = await Promise.all([caFile, keyFile].map((file) => readFile(file).catch(() => undefined)))
  if (ca === undefined || key === undefined) return undefined
  const certificate = new X509Certificate(ca)
  if (Date.parse(certificate.validTo) < Date.now() + certificateDays * day) return undefined
  const der = Buffer.from(key.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return {
    certificate: pkijs.Certificate.fromBER(certificate.raw),
    key: await webcrypto.subtle.importKey('pkcs8', der, curve, false, ['sign']),
  }
}

async function sign(options: {
  readonly subject: string | pkijs.RelativeDistinguishedNames
  readonly issuer: pkijs.RelativeDistinguishedNames
  readonly publicKey: webcrypto.CryptoKey
  readonly signingKey: webcrypto.CryptoKey
  readonly days: number
  readonly extensions: pkijs.Extension[]
}): Promise<pkijs.Certificate> {
  const { subject, issuer, publicKey, signingKey, days, extensions } = options
  const certificate = new pkijs.Certificate({ version: 2, extensions })
  certificate.serialNumber = serialNumber()
  certificate.issuer = issuer
  certificate.subject =
    typeof subject === 'string' ? new pkijs.RelativeDistinguishedNames({ typesAndValues: [commonName(subject)] }) : subject
  // A clock that runs a little behind must not refuse a fresh certificate.
  certificate.notBefore.value = new Date(Date.now() - 300_000)
  certificate.notAfter.value = new Date(Date.now() + days * day)
  await certificate.subjectPublicKeyInfo.importKey(publicKey as CryptoKey)
  await certificate.sign(signingKey as CryptoKey, 'SHA-256')
  return certificate
}

// X509-SVID §2: exactly one URI. RFC 5280 §4.2.1.6: 2 dNSName, 6 uniformResourceIdentifier, 7 iPAddress
function namesOf(id: string): pkijs.AltName {
  const loopback = new asn1js.OctetString({ valueHex: new Uint8Array([127, 0, 0, 1]).buffer })
  return new pkijs.AltName({
    altNames: [
      new pkijs.GeneralName({ type: 6, value: `spiffe://reinraum/${id}` }),
      new pkijs.GeneralName({ type: 2, value: 'localhost' }),
      new pkijs.GeneralName({ type: 7, value: loopback }),
    ],
  })
}

function extension(extnID: string, value: asn1js.BaseBlock, critical = false): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })
}

function commonName(value: string): pkijs.AttributeTypeAndValue {
  return new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value }) })
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets; DER: not padded.
function serialNumber(): asn1js.Integer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return new asn1js.Integer({ valueHex: new Uint8Array(bytes).buffer })
}

function pem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
