import { constants, type KeyObject, sign } from 'node:crypto'
import { BitString, Integer, Null, ObjectIdentifier, type Sequence } from 'asn1js'
import { der, sequence, tagged } from './asn1.ts'

const rsassaPss = '1.2.840.113549.1.1.10'
const mgf1 = '1.2.840.113549.1.1.8'
const hashOids = { sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2' } as const
/** RFC 5758 §3.2 */
const ecdsaOids = { sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3' } as const

/**
 * How an issuer signs: RSA-PSS with an RSA key, as AMD does, ECDSA with one on a curve, as Intel does. The defaults are
 * theirs, everything else makes faulty evidence for tests.
 */
export interface IssuerSignature {
  readonly key: KeyObject
  readonly hash?: 'sha256' | 'sha384'
  /** what the object says it is signed with, where that differs */
  readonly declaredHash?: 'sha256' | 'sha384'
  readonly saltLength?: number
}

/** SIGNED { toBeSigned, algorithm, signature } (RFC 5280 §4.1.1), DER. */
export function encodeSigned(toBeSigned: (algorithm: Sequence) => Sequence, signedBy: IssuerSignature): Uint8Array {
  const algorithm = algorithmOf(signedBy)
  const tbs = toBeSigned(algorithm)
  return der(sequence(tbs, algorithm, new BitString({ valueHex: signatureOver(der(tbs), signedBy) })))
}

function signatureOver(
  bytes: Uint8Array,
  { key, hash = defaultHash(key), saltLength = 48 }: IssuerSignature,
): Uint8Array<ArrayBuffer> {
  const how = isRsa(key) ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : { key, dsaEncoding: 'der' as const }
  return new Uint8Array(sign(hash, bytes, how))
}

function algorithmOf({ key, hash = defaultHash(key), declaredHash = hash, saltLength = 48 }: IssuerSignature): Sequence {
  if (!isRsa(key)) return sequence(new ObjectIdentifier({ value: ecdsaOids[declaredHash] }))
  const hashAlgorithm = () => sequence(new ObjectIdentifier({ value: hashOids[declaredHash] }), new Null())
  // RFC 4055, without the trailer field, as AMD writes it.
  return sequence(
    new ObjectIdentifier({ value: rsassaPss }),
    sequence(
      tagged(0, hashAlgorithm()),
      tagged(1, sequence(new ObjectIdentifier({ value: mgf1 }), hashAlgorithm())),
      tagged(2, new Integer({ value: saltLength })),
    ),
  )
}

function defaultHash(key: KeyObject): 'sha256' | 'sha384' {
  return isRsa(key) ? 'sha384' : 'sha256'
}

function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa'
}
