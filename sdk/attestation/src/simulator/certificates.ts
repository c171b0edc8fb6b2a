import type { KeyObject } from 'node:crypto'
import { fromBER, Integer } from 'asn1js'
import { sequence, tagged, time } from './asn1.ts'
import { type ExtensionContent, encodeExtension } from './extensions.ts'
import { encodeSigned, type IssuerSignature } from './issuer-signature.ts'
import { distinguishedName, type Vendor } from './names.ts'

export interface CertificateContent {
  /** whose distinguished names; `subject` and `issuer` are the common names in them */
  readonly vendor: Vendor
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
  readonly vendor: Vendor
  readonly issuer: string
  readonly thisUpdate: Date
  readonly nextUpdate: Date | null
  readonly revoked: readonly (Uint8Array | RevokedContent)[]
  readonly extensions: readonly ExtensionContent[]
  readonly signedBy: IssuerSignature
}

/** An entry of a list with extensions of its own; without any it is its serial number alone. */
export interface RevokedContent {
  readonly serial: Uint8Array
  readonly extensions: readonly ExtensionContent[]
}

/** An X.509 certificate in the form of the vendor, DER. */
export function encodeCertificate(content: CertificateContent): Uint8Array {
  return encodeSigned(
    (algorithm) =>
      sequence(
        tagged(0, new Integer({ value: 2 })),
        new Integer({ valueHex: content.serial }),
        algorithm,
        distinguishedName(content.vendor, content.issuer),
        sequence(time(content.notBefore), time(content.notAfter)),
        distinguishedName(content.vendor, content.subject),
        fromBER(new Uint8Array(content.publicKey.export({ type: 'spki', format: 'der' }))).result,
        tagged(3, sequence(...content.extensions.map(encodeExtension))),
      ),
    content.signedBy,
  )
}

/** A revocation list, DER. */
export function encodeRevocationList(content: RevocationListContent): Uint8Array {
  const revoked = content.revoked.map((entry) => {
    const { serial, extensions } = entry instanceof Uint8Array ? { serial: entry, extensions: [] } : entry
    const own = extensions.length > 0 ? [sequence(...extensions.map(encodeExtension))] : []
    return sequence(new Integer({ valueHex: serial }), time(content.thisUpdate), ...own)
  })
  return encodeSigned(
    (algorithm) =>
      sequence(
        new Integer({ value: 1 }),
        algorithm,
        distinguishedName(content.vendor, content.issuer),
        time(content.thisUpdate),
        ...(content.nextUpdate === null ? [] : [time(content.nextUpdate)]),
        ...(revoked.length > 0 ? [sequence(...revoked)] : []),
        ...(content.extensions.length > 0 ? [tagged(0, sequence(...content.extensions.map(encodeExtension)))] : []),
      ),
    content.signedBy,
  )
}
