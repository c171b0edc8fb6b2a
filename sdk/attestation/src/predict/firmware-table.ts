import { demand } from './demand.ts'
import { guidText } from './guid.ts'

export const pageSize = 4096
/** OVMF has 4 MiB; td-shim with a payload inside is larger. Bounds the time that a prediction takes. */
const maximumFirmwareSize = 64 * 1024 * 1024

const footerGuid = '96b582de-1fb2-45f7-baea-a366c55a082d'
/** the reset vector, which stands behind the table */
const bytesBehindTable = 32
/** u16 length, then the GUID; both stand behind the entry's data */
const entryHeader = 18

/** Entries of the table of GUIDs at the end of the firmware (edk2, OvmfPkg/ResetVector): GUID → data. */
export type FirmwareTable = ReadonlyMap<string, Uint8Array>

/**
 * Reads the table from its end to its start, as hypervisors do. Whatever is cut off, overlapping, or there twice is
 * refused: two readers could disagree about it.
 *
 * @throws ReinraumError `invalid-argument`
 */
export function readFirmwareTable(firmware: Uint8Array): FirmwareTable {
  demand(firmware.length > 0 && firmware.length % pageSize === 0, 'the firmware is not a whole number of 4 KiB pages')
  demand(firmware.length <= maximumFirmwareSize, 'the firmware is larger than 64 MiB')
  const end = firmware.length - bytesBehindTable
  const footer = readEntryHeader(firmware, end)
  demand(footer.guid === footerGuid, 'the firmware does not end with a table of GUIDs')
  demand(footer.length >= entryHeader && footer.length <= end, 'the table of GUIDs does not fit the firmware')
  const start = end - footer.length
  const table = new Map<string, Uint8Array>()
  // Every step is at least 18 bytes, and a table at most 64 KiB.
  for (let position = end - entryHeader; position > start; ) {
    demand(position - start >= entryHeader, 'an entry in the table of GUIDs is cut off')
    const { guid, length } = readEntryHeader(firmware, position)
    demand(length >= entryHeader && length <= position - start, 'an entry in the table of GUIDs does not fit the table')
    demand(!table.has(guid), 'an entry in the table of GUIDs is there twice')
    table.set(guid, firmware.subarray(position - length, position - entryHeader))
    position -= length
  }
  return table
}

/** The `count` numbers of 32 bits that an entry consists of. @throws ReinraumError `invalid-argument` */
export function tableNumbers(table: FirmwareTable, guid: string, count: 1 | 2, name: string): readonly [number, number] {
  const data = table.get(guid)
  demand(data !== undefined, `the firmware does not name its ${name}`)
  demand(data.length === 4 * count, `the firmware's entry for its ${name} has another length`)
  const view = viewOf(data)
  return [view.getUint32(0, true), count === 2 ? view.getUint32(4, true) : 0]
}

/** The same for one number. */
export function tableNumber(table: FirmwareTable, guid: string, name: string): number {
  return tableNumbers(table, guid, 1, name)[0]
}

/** Where in the firmware something of at least `length` bytes starts that is given by its distance from the end. */
export function offsetFromEnd(firmware: Uint8Array, distance: number, length: number, name: string): number {
  demand(distance <= firmware.length && distance >= length, `the firmware's ${name} lies outside it`)
  return firmware.length - distance
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A range of guest physical addresses. */
export interface GuestRange {
  readonly address: number
  readonly size: number
}

/** A page can be given to a guest once: a firmware that says otherwise starts nowhere. */
export function demandApart(ranges: readonly GuestRange[], name: string): void {
  const sorted = ranges.filter(({ size }) => size > 0).sort((a, b) => a.address - b.address)
  for (const [index, range] of sorted.entries()) {
    const before = sorted[index - 1]
    demand(before === undefined || before.address + before.size <= range.address, `${name} overlap`)
  }
}

function readEntryHeader(firmware: Uint8Array, end: number): { readonly guid: string; readonly length: number } {
  return { guid: guidText(firmware.subarray(end - 16, end)), length: viewOf(firmware).getUint16(end - entryHeader, true) }
}
