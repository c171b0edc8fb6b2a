import { constants, type KeyObject, sign } from 'node:crypto'
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  type BaseBlock,
  BitString,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  PrintableString,
  Sequence,
  UTCTime,
  Utf8String,
} from 'asn1js'

const rsassaPss = '1.2.840.113549.1.1.10'
const mgf1 = '1.2.840.113549.1.1.8'
const hashOids = { sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2' } as const

/** How an issuer signs; the defaults are AMD's, everything else makes faulty evidence for tests. */
export interface IssuerSignature {
  readonly key: KeyObject
  readonly hash?: 'sha256' | 'sha384'
  /** what the object says it is signed with, where that differs */
  readonly declaredHash?: 'sha256' | 'sha384'
  readonly saltLength?: number
}

export interface ExtensionContent {
  readonly oid: string
  readonly critical: boolean
  /** content of the OCTET STRING; AMD's own extensions hold raw bytes where X.509 would hold DER */
  readonly value: Uint8Array
}

export interface CertificateContent {
  readonly subject: string
  readonly issuer: string
  readonly serial: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyObject
  readonly extensions: readonly ExtensionContent[]
  readonly signedBy: IssuerSignature
}

export interface RevocationListContent {
  readonly issuer: string
  readonly thisUpdate: Date
  readonly nextUpdate: Date | null
  readonly revoked: readonly Uint8Array[]
  readonly extensions: readonly ExtensionContent[]
  readonly signedBy: IssuerSignature
}

/** An X.509 certificate in the form of AMD's key distribution service, DER. */
export function encodeCertificate(content: CertificateContent): Uint8Array {
  const algorithm = pssAlgorithm(content.signedBy)
  const tbs = sequence(
    tagged(0, new Integer({ value: 2 })),
    new Integer({ valueHex: content.serial }),
    algorithm,
    distinguishedName(content.issuer),
    sequence(time(content.notBefore), time(content.notAfter)),
    distinguishedName(content.subject),
    fromBER(new Uint8Array(content.publicKey.export({ type: 'spki', format: 'der' }))).result,
    tagged(3, sequence(...content.extensions.map(extension))),
  )
  return signObject(tbs, algorithm, content.signedBy)
}

/** A revocation list, DER. */
export function encodeRevocationList(content: RevocationListContent): Uint8Array {
  const algorithm = pssAlgorithm(content.signedBy)
  const revoked = content.revoked.map((serial) => sequence(new Integer({ valueHex: serial }), time(content.thisUpdate)))
  const tbs = sequence(
    new Integer({ value: 1 }),
    algorithm,
    distinguishedName(content.issuer),
    time(content.thisUpdate),
    ...(content.nextUpdate === null ? [] : [time(content.nextUpdate)]),
    ...(revoked.length > 0 ? [sequence(...revoked)] : []),
    ...(content.extensions.length > 0 ? [tagged(0, sequence(...content.extensions.map(extension)))] : []),
  )
  return signObject(tbs, algorithm, content.signedBy)
}

export function der(block: BaseBlock): Uint8Array {
  return new Uint8Array(block.toBER())
}

function signObject(tbs: Sequence, algorithm: Sequence, { key, hash = 'sha384', saltLength = 48 }: IssuerSignature): Uint8Array {
  const signature = sign(hash, der(tbs), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
  return der(sequence(tbs, algorithm, new BitString({ valueHex: new Uint8Array(signature) })))
}

/** RFC 4055, without the trailer field, as AMD writes it. */
function pssAlgorithm({ hash = 'sha384', declaredHash = hash, saltLength = 48 }: IssuerSignature): Sequence {
  const hashAlgorithm = () => sequence(new ObjectIdentifier({ value: hashOids[declaredHash] }), new Null())
  return sequence(
    new ObjectIdentifier({ value: rsassaPss }),
    sequence(
      tagged(0, hashAlgorithm()),
      tagged(1, sequence(new ObjectIdentifier({ value: mgf1 }), hashAlgorithm())),
      tagged(2, new Integer({ value: saltLength })),
    ),
  )
}

/** AMD's distinguished names differ in the common name only. */
function distinguishedName(commonName: string): Sequence {
  const attribute = (oid: string, value: BaseBlock) =>
    new Asn1Set({ value: [sequence(new ObjectIdentifier({ value: oid }), value)] })
  return sequence(
    attribute('2.5.4.11', new Utf8String({ value: 'Engineering' })),
    attribute('2.5.4.6', new PrintableString({ value: 'US' })),
    attribute('2.5.4.7', new Utf8String({ value: 'Santa Clara' })),
    attribute('2.5.4.8', new Utf8String({ value: 'CA' })),
    attribute('2.5.4.10', new Utf8String({ value: 'Advanced Micro Devices' })),
    attribute('2.5.4.3', new Utf8String({ value: commonName })),
  )
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, whole seconds. */
function time(value: Date): BaseBlock {
  const valueDate = new Date(Math.floor(value.getTime() / 1000) * 1000)
  return valueDate.getUTCFullYear() < 2050 ? new UTCTime({ valueDate }) : new GeneralizedTime({ valueDate })
}

function extension({ oid, critical, value }: ExtensionContent): Sequence {
  const flag = critical ? [new Asn1Boolean({ value: true })] : []
  return sequence(new ObjectIdentifier({ value: oid }), ...flag, new OctetString({ valueHex: value }))
}

function tagged(tagNumber: number, value: BaseBlock): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] })
}

function sequence(...value: BaseBlock[]): Sequence {
  return new Sequence({ value })
}
