import { toHex } from '@reinraum/crypto'
import { type BaseBlock, Enumerated, fromBER, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js'

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
    const { result, offset } = fromBER(Uint8Array.from(der))
    if (offset !== der.length) return null
    const entries = readEntries(result, required, optional)
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
  } catch {
    return null
  }
}

/** SEQUENCE OF SEQUENCE { OID, value } */
function readEntries(block: BaseBlock, must: readonly string[], may: readonly string[]): ReadonlyMap<string, BaseBlock> {
  if (!(block instanceof Sequence)) throw new TypeError('not a sequence')
  const entries = new Map<string, BaseBlock>()
  for (const item of block.valueBlock.value) {
    const [name, value, ...more] = item instanceof Sequence ? item.valueBlock.value : []
    if (!(name instanceof ObjectIdentifier) || value === undefined || more.length > 0) throw new TypeError('not an entry')
    const key = name.valueBlock.toString()
    if (entries.has(key) || !(must.includes(key) || may.includes(key))) throw new TypeError('an entry twice, or unknown')
    entries.set(key, value)
  }
  if (!must.every((key) => entries.has(key))) throw new TypeError('an entry is missing')
  return entries
}

function entry(entries: ReadonlyMap<string, BaseBlock>, key: string): BaseBlock {
  const value = entries.get(key)
  if (value === undefined) throw new TypeError('an entry is missing')
  return value
}

function octets(block: BaseBlock, length: number): string {
  if (!(block instanceof OctetString) || block.valueBlock.isConstructed) throw new TypeError('not an octet string')
  const bytes = block.valueBlock.valueHexView
  if (bytes.length !== length) throw new TypeError('an octet string of another length')
  return toHex(bytes)
}

function whole(block: BaseBlock, maximum: number): number {
  // Enumerated is an Integer with another tag, as asn1js has it.
  if (!(block instanceof Integer || block instanceof Enumerated)) throw new TypeError('not a number')
  const bytes = block.valueBlock.valueHexView
  if (bytes.length === 0 || bytes.length > 3 || (bytes[0] ?? 0) >= 0x80) throw new TypeError('not a small number')
  const value = Number.parseInt(toHex(bytes), 16)
  if (value > maximum) throw new TypeError('a number too large')
  return value
}
