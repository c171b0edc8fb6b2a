import { toHex, utf8 } from '@reinraum/crypto'
import { demand } from './demand.ts'
import { demandApart, offsetFromEnd, pageSize, readFirmwareTable, tableNumber, viewOf } from './firmware-table.ts'

const metadataGuid = 'e47a6535-984a-4798-865e-4685a7bf8ec2'
const signature = toHex(utf8('TDVF'))
const headerSize = 16
const sectionSize = 32
const maximumSections = 64
const maximumMemory = 0x4000 * pageSize
/** guest physical addresses have at most 52 bits */
const addressLimit = 2n ** 52n

/** TDVF_SECTION types (TDX virtual firmware design guide, §11; td-shim specification, table 1.1-4). */
const sectionType = {
  bfv: 0,
  cfv: 1,
  tdHob: 2,
  tempMem: 3,
  permMem: 4,
  payload: 5,
  payloadParam: 6,
  tdInfo: 7,
  tdParams: 8,
} as const
const mrExtend = 1
const pageAug = 2

/** Memory that is added to the TD before it runs, which MRTD covers. */
export interface TdvfSection {
  readonly address: number
  readonly size: number
  /** what is in it, where MRTD covers the content and not only the address */
  readonly content: Uint8Array | null
}

interface Descriptor extends Omit<TdvfSection, 'content'> {
  readonly type: number
  readonly data: Uint8Array
  readonly extended: boolean
  readonly augmented: boolean
}

/**
 * The sections that are added to the TD, in the firmware's order, which is the order of measurement.
 *
 * @throws ReinraumError `invalid-argument` for a firmware that no hypervisor could start, that two could read differently,
 *   or whose MRTD would not cover its own code
 */
export function readTdvfSections(firmware: Uint8Array): readonly TdvfSection[] {
  const table = readFirmwareTable(firmware)
  const distance = tableNumber(table, metadataGuid, 'TDX metadata')
  const start = offsetFromEnd(firmware, distance, headerSize, 'TDX metadata')
  const view = viewOf(firmware)
  demand(toHex(firmware.subarray(start, start + 4)) === signature, "the firmware's TDX metadata has no signature")
  demand(view.getUint32(start + 8, true) === 1, "the firmware's TDX metadata has another version than 1")
  const count = view.getUint32(start + 12, true)
  demand(count > 0 && count <= maximumSections, "the firmware's TDX metadata has no sections, or more than 64")
  const length = view.getUint32(start + 4, true)
  demand(length === headerSize + count * sectionSize && length <= distance, "the firmware's TDX metadata has a wrong length")
  const all = Array.from({ length: count }, (_, index) => readDescriptor(firmware, start + headerSize + index * sectionSize))
  demandPlausible(all)
  return all
    .filter(({ augmented }) => !augmented)
    .map(({ address, size, data, extended }) => ({ address, size, content: extended ? data : null }))
}

function readDescriptor(firmware: Uint8Array, offset: number): Descriptor {
  const view = viewOf(firmware)
  const dataOffset = view.getUint32(offset, true)
  const dataSize = view.getUint32(offset + 4, true)
  const address = view.getBigUint64(offset + 8, true)
  const size = view.getBigUint64(offset + 16, true)
  const type = view.getUint32(offset + 24, true)
  const attributes = view.getUint32(offset + 28, true)
  demand(type <= sectionType.tdParams, 'a TDX section has an unknown type')
  demand((attributes & ~(mrExtend | pageAug)) === 0, 'a TDX section has unknown attributes')
  demand(dataOffset + dataSize <= firmware.length, "a TDX section's data lies outside the firmware")
  demand(address < addressLimit && size < addressLimit, 'a TDX section lies above every guest physical address')
  const section: Descriptor = {
    type,
    address: Number(address),
    size: Number(size),
    data: firmware.subarray(dataOffset, dataOffset + dataSize),
    extended: (attributes & mrExtend) !== 0,
    augmented: (attributes & pageAug) !== 0,
  }
  demandRules(section)
  return section
}

/** Rules for one TDVF_SECTION (td-shim specification, tables 1.1-2 to 1.1-4). */
function demandRules({ type, address, size, data, extended, augmented }: Descriptor): void {
  demand(address % pageSize === 0 && size % pageSize === 0, 'a TDX section does not consist of whole pages')
  const describes = type === sectionType.tdInfo || type === sectionType.tdParams
  demand(!describes || (size === 0 && address === 0), 'a TDX section that only describes the firmware asks for memory')
  demand(describes || size >= data.length, 'a TDX section has more data than memory')
  const isVolume = type === sectionType.bfv || type === sectionType.cfv
  demand(!isVolume || data.length > 0, 'a TDX firmware volume is empty')
  const isHostMemory = type === sectionType.tdHob || type === sectionType.tempMem || type === sectionType.permMem
  demand(!isHostMemory || data.length === 0, 'a TDX section for plain memory has data')
  demand(augmented === (type === sectionType.permMem), 'a TDX section other than permanent memory is added later, or the reverse')
  // Past the data, some hypervisors measure zeros and others what follows in the file; memory without data, the host fills.
  demand(!extended || (data.length > 0 && data.length === size), 'a measured TDX section is not filled from the firmware')
  // Without it, every firmware with the same layout would have the same MRTD.
  demand(type !== sectionType.bfv || extended, 'the TDX boot firmware volume is not measured')
}

function demandPlausible(sections: readonly Descriptor[]): void {
  const countOf = (type: number) => sections.filter((section) => section.type === type).length
  demand(countOf(sectionType.bfv) > 0, 'the firmware has no TDX boot firmware volume')
  demand(countOf(sectionType.tdHob) <= 1, 'the firmware has two TDX sections for the hand-off block')
  const added = sections.filter(({ augmented }) => !augmented)
  demand(added.reduce((sum, { size }) => sum + size, 0) <= maximumMemory, 'the TDX sections exceed 64 MiB')
  demandApart(sections, 'the TDX sections')
}
