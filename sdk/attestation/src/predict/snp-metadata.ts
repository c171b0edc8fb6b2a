import { toHex, utf8 } from '@reinraum/crypto'
import { demand } from './demand.ts'
import { demandApart, type FirmwareTable, offsetFromEnd, pageSize, tableNumber, viewOf } from './firmware-table.ts'

const metadataGuid = 'dc886566-984a-4798-a75e-5585a7bf67cc'
const signature = toHex(utf8('ASEV'))
const headerSize = 16
const descriptorSize = 12
const maximumSections = 64
/** OVMF asks for 31; each costs a hash */
const maximumPages = 0x1000
const fourGiB = 0x1_0000_0000

/** Section types (edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm). */
const sectionTypes = {
  1: 'sec-mem',
  2: 'secrets',
  3: 'cpuid',
  4: 'svsm-caa',
  16: 'kernel-hashes',
} as const
export type SnpSectionType = (typeof sectionTypes)[keyof typeof sectionTypes]

/** Memory that the hypervisor gives to the guest beside the firmware itself, before the start. */
export interface SnpSection {
  readonly type: SnpSectionType
  readonly address: number
  readonly size: number
}

/**
 * The sections that the firmware asks for, in its order, which is the order of measurement.
 *
 * @throws ReinraumError `invalid-argument` for a firmware that no hypervisor could start or that two could read differently
 */
export function readSnpSections(firmware: Uint8Array, table: FirmwareTable): readonly SnpSection[] {
  const distance = tableNumber(table, metadataGuid, 'SEV metadata')
  const start = offsetFromEnd(firmware, distance, headerSize, 'SEV metadata')
  const view = viewOf(firmware)
  demand(toHex(firmware.subarray(start, start + 4)) === signature, "the firmware's SEV metadata has no signature")
  demand(view.getUint32(start + 8, true) === 1, "the firmware's SEV metadata has another version than 1")
  const count = view.getUint32(start + 12, true)
  demand(count > 0 && count <= maximumSections, "the firmware's SEV metadata has no sections, or more than 64")
  const size = view.getUint32(start + 4, true)
  demand(size === headerSize + count * descriptorSize && size <= distance, "the firmware's SEV metadata has a wrong length")
  const sections = Array.from({ length: count }, (_, index) => readSection(view, start + headerSize + index * descriptorSize))
  demand(sections.reduce((sum, section) => sum + section.size, 0) <= maximumPages * pageSize, 'the SEV sections exceed 16 MiB')
  demandApart([...sections, { address: fourGiB - firmware.length, size: firmware.length }], 'the SEV sections')
  for (const type of ['secrets', 'cpuid', 'kernel-hashes'] as const) {
    const found = sections.filter((section) => section.type === type)
    // One page each: what a hypervisor would do with more of them is written nowhere.
    demand(found.length <= 1 && found.every((section) => section.size === pageSize), `the SEV section ${type} is not one page`)
  }
  return sections
}

function readSection(view: DataView, offset: number): SnpSection {
  const [address, size, code] = [0, 4, 8].map((field) => view.getUint32(offset + field, true)) as [number, number, number]
  const type = (sectionTypes as Readonly<Record<number, SnpSectionType>>)[code]
  demand(type !== undefined, 'an SEV section has an unknown type')
  demand(address % pageSize === 0 && size % pageSize === 0 && size > 0, 'an SEV section does not consist of whole pages')
  demand(address + size <= fourGiB, 'an SEV section lies above 4 GiB')
  return { type, address, size }
}
