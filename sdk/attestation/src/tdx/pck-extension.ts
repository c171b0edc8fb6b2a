import { toHex } from '@reinraum/crypto'
import { type Der, expectTag, integerContent, readDer, readOid, readSequence, tags } from '../x509/der.ts'

/** Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5. Compared whole: `….1.1` is no prefix of anything. */
export const pckExtensionOid = '1.2.840.113741.1.13.1'
const oid = (name: string) => `${pckExtensionOid}.${name}`
const components = Array.from({ length: 16 }, (_, index) => oid(`2.${index + 1}`))
const required = [oid('1'), oid('2'), oid('3'), oid('4'), oid('5')]
/** platform instance and configuration: only certificates of the Platform CA have them */
const optional = [oid('6'), oid('7')]

/** What Intel certifies about the platform that a PCK belongs to. */
export interface PckExtension {
  /** hex, 16 bytes */
  readonly ppid: string
  /** the security versions of the 16 components */
  readonly components: readonly number[]
  readonly pceSvn: number
  /** hex, 16 bytes */
  readonly cpuSvn: string
  /** hex, 2 bytes */
  readonly pceId: string
  /** hex, 6 bytes */
  readonly fmspc: string
  /** 0 standard, 1 scalable, 2 scalable with integrity */
  readonly sgxType: number
  /** hex, 16 bytes; null where the platform has no instance */
  readonly platformInstanceId: string | null
}

/** @returns null where an entry is missing, stands there twice, is unknown or is not what it must be */
export function readPckExtension(der: Uint8Array): PckExtension | null {
  try {
    return readExtension(der)
  } catch {
    return null
  }
}

function readExtension(der: Uint8Array): PckExtension {
  const entries = readEntries(readDer(der), required, optional)
  const tcb = readEntries(entry(entries, oid('2')), [...components, oid('2.17'), oid('2.18')], [])
  return {
    ppid: octets(entry(entries, oid('1')), 16),
    components: components.map((name) => whole(entry(tcb, name), 0xff)),
    pceSvn: whole(entry(tcb, oid('2.17')), 0xffff),
    cpuSvn: octets(entry(tcb, oid('2.18')), 16),
    pceId: octets(entry(entries, oid('3')), 2),
    fmspc: octets(entry(entries, oid('4')), 6),
    sgxType: whole(entry(entries, oid('5')), 2),
    platformInstanceId: entries.has(oid('6')) ? octets(entry(entries, oid('6')), 16) : null,
  }
}

/** SEQUENCE OF SEQUENCE { OID, value } */
function readEntries(list: Der, must: readonly string[], may: readonly string[]): ReadonlyMap<string, Der> {
  const entries = new Map<string, Der>()
  for (const item of readSequence(list)) {
    const [name, value, ...more] = readSequence(item)
    if (value === undefined || more.length > 0) throw new TypeError('not an entry')
    const key = readOid(name)
    if (entries.has(key) || !(must.includes(key) || may.includes(key))) throw new TypeError('an entry twice, or unknown')
    entries.set(key, value)
  }
  if (!must.every((key) => entries.has(key))) throw new TypeError('an entry is missing')
  return entries
}

function entry(entries: ReadonlyMap<string, Der>, key: string): Der {
  const value = entries.get(key)
  if (value === undefined) throw new TypeError('an entry is missing')
  return value
}

function octets(der: Der, length: number): string {
  const { value } = expectTag(der, tags.octetString).element
  if (value.length !== length) throw new TypeError('an octet string of another length')
  return toHex(value)
}

function whole(der: Der, maximum: number): number {
  const bytes = integerContent(der, der.encoded[0] === tags.enumerated ? tags.enumerated : tags.integer)
  if (bytes.length > 3 || (bytes[0] ?? 0) >= 0x80) throw new TypeError('not a small number')
  const value = Number.parseInt(toHex(bytes), 16)
  if (value > maximum) throw new TypeError('a number too large')
  return value
}
