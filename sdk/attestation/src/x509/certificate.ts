import { type KeyObject, X509Certificate } from 'node:crypto'
import { sha256, toHex } from '@reinraum/crypto'
import { BasicConstraints, Certificate as PkiCertificate } from 'pkijs'
import { type Name, readName } from './name.ts'
import { readSignedObject, type SignedObject } from './signed-object.ts'

const maxLength = 16 * 1024
const basicConstraints = '2.5.29.19'
const keyUsage = '2.5.29.15'

export interface ParsedCertificate extends SignedObject {
  /** SHA-256 of the DER, hex */
  readonly sha256: string
  readonly subject: Name
  readonly issuer: Name
  /** hex without leading zeros, as it stands in a revocation list too */
  readonly serial: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyObject
  readonly ca: boolean
  /** RFC 5280 §4.2.1.9: how many authorities may follow below; null where nothing limits it */
  readonly pathLength: number | null
  readonly keyUsage: { readonly digitalSignature: boolean; readonly certSign: boolean; readonly crlSign: boolean } | null
  /** OID → content of the OCTET STRING */
  readonly extensions: ReadonlyMap<string, Uint8Array>
  readonly unknownCritical: boolean
}

/** @returns null for anything that is not exactly one DER certificate */
export function parseCertificate(input: Uint8Array): ParsedCertificate | null {
  if (input.length > maxLength || input[0] !== 0x30) return null
  try {
    const der = Uint8Array.from(input)
    // First, because what OpenSSL refuses is refused at once.
    const { publicKey } = new X509Certificate(der)
    // version, serial number, algorithm
    const read = readSignedObject(der, 2)
    if (read === null) return null
    const parsed = new PkiCertificate({ schema: read.whole })
    const extensions = new Map((parsed.extensions ?? []).map((e) => [e.extnID, octets(e.extnValue.valueBlock.valueHexView)]))
    // RFC 5280 §4.2: no extension twice, or two readers could each take another one.
    if (extensions.size !== (parsed.extensions ?? []).length) return null
    const known = new Set([basicConstraints, keyUsage])
    return {
      ...read.object,
      sha256: toHex(sha256(der)),
      subject: readName(parsed.subject),
      issuer: readName(parsed.issuer),
      serial: serialOf(parsed.serialNumber.valueBlock.valueHexView),
      notBefore: validTime(parsed.notBefore.value),
      notAfter: validTime(parsed.notAfter.value),
      publicKey,
      ...readConstraints(extensions.get(basicConstraints)),
      keyUsage: readKeyUsage(extensions.get(keyUsage)),
      extensions,
      unknownCritical: (parsed.extensions ?? []).some((e) => e.critical && !known.has(e.extnID)),
    }
  } catch {
    return null
  }
}

export function serialOf(integer: Uint8Array): string {
  return toHex(integer).replace(/^(?:00)+(?=..)/, '')
}

function octets(view: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(view)
}

export function validTime(time: Date): Date {
  if (Number.isNaN(time.getTime())) throw new RangeError('not a time')
  return time
}

function readConstraints(extension: Uint8Array<ArrayBuffer> | undefined): Pick<ParsedCertificate, 'ca' | 'pathLength'> {
  if (extension === undefined) return { ca: false, pathLength: null }
  const { cA, pathLenConstraint } = BasicConstraints.fromBER(extension)
  // pkijs gives a number, or an INTEGER for one that is no number: that allows nothing below.
  const pathLength = pathLenConstraint === undefined ? null : typeof pathLenConstraint === 'number' ? pathLenConstraint : 0
  return { ca: cA, pathLength }
}

/** RFC 5280 §4.2.1.3: BIT STRING, bit 0 digitalSignature, bit 5 keyCertSign, bit 6 cRLSign. */
function readKeyUsage(extension: Uint8Array | undefined): ParsedCertificate['keyUsage'] {
  if (extension === undefined) return null
  const bits = extension[0] === 0x03 ? (extension[3] ?? 0) : 0
  return { digitalSignature: (bits & 0x80) !== 0, certSign: (bits & 0x04) !== 0, crlSign: (bits & 0x02) !== 0 }
}
