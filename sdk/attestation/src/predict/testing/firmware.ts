import { concatBytes, utf8 } from '@reinraum/crypto'
import { guidBytes } from '../guid.ts'

export const guids = {
  footer: '96b582de-1fb2-45f7-baea-a366c55a082d',
  hashTable: '7255371f-3a3b-4b04-927b-1da6efa8d454',
  resetBlock: '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
  snpMetadata: 'dc886566-984a-4798-a75e-5585a7bf67cc',
  tdxMetadata: 'e47a6535-984a-4798-865e-4685a7bf8ec2',
}

export const u32 = (...values: readonly number[]) => {
  const bytes = new Uint8Array(4 * values.length)
  for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * index, value, true)
  return bytes
}
export const u64 = (value: bigint) => u32(Number(value & 0xffffffffn), Number(value >> 32n))

export interface TableEntry {
  readonly guid: string
  readonly data: Uint8Array
  /** what the entry says of its own length */
  readonly length?: number
}

/** An image that no processor would run: bytes that differ by place, a table of GUIDs, and metadata somewhere before it. */
export interface FirmwarePlan {
  readonly size: number
  readonly entries: readonly TableEntry[]
  readonly tableLength?: number
  readonly footer?: string
  /** how far from the end, and what */
  readonly metadata: readonly (readonly [distance: number, bytes: Uint8Array])[]
}

function buildFirmware({ size, entries, tableLength, footer = guids.footer, metadata }: FirmwarePlan): Uint8Array {
  const firmware = patternBytes(size)
  const body = concatBytes(...entries.map(({ guid, data, length = data.length + 18 }) => entryBytes(guid, data, length)))
  const table = concatBytes(body, entryBytes(footer, new Uint8Array(), tableLength ?? body.length + 18))
  firmware.set(table, size - 32 - table.length)
  for (const [distance, bytes] of metadata) firmware.set(bytes, size - distance)
  return firmware
}

/** No two pages are alike, and no page is blank. */
export function patternBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index += 1) bytes[index] = (index * 197 + (index >> 8) * 13) & 0xff
  return bytes
}

function entryBytes(guid: string, data: Uint8Array, length: number): Uint8Array {
  return concatBytes(data, u32(length).slice(0, 2), guidBytes(guid))
}

const snpDistance = 0x600
const tdxDistance = 0xc00

export type SnpDescriptor = readonly [address: number, size: number, type: number]
export const snpDescriptors: readonly SnpDescriptor[] = [
  [0x800000, 0x9000, 1],
  [0x80d000, 0x1000, 2],
  [0x80e000, 0x1000, 3],
  [0x80f000, 0x1000, 4],
  [0x810000, 0x1000, 0x10],
]

export interface SnpPlan {
  readonly descriptors?: readonly SnpDescriptor[]
  readonly header?: { readonly signature?: string; readonly version?: number; readonly length?: number; readonly count?: number }
  readonly distance?: number
  readonly entries?: (entries: readonly TableEntry[]) => readonly TableEntry[]
  readonly hashTable?: readonly [address: number, size: number]
  readonly resetAddress?: number
  readonly table?: Partial<Pick<FirmwarePlan, 'footer' | 'tableLength'>>
}

export function snpFirmware(plan: SnpPlan = {}): Uint8Array {
  const { descriptors = snpDescriptors, header = {}, distance = snpDistance, entries = (all) => all } = plan
  const { hashTable = [0x810c00, 0x400], resetAddress = 0x80b004 } = plan
  const { signature = 'ASEV', version = 1, count = descriptors.length, length = 16 + 12 * descriptors.length } = header
  const metadata = concatBytes(utf8(signature), u32(length, version, count), ...descriptors.map((fields) => u32(...fields)))
  return buildFirmware({
    size: 0x4000,
    entries: entries([
      { guid: guids.snpMetadata, data: u32(distance) },
      { guid: guids.hashTable, data: u32(...hashTable) },
      { guid: guids.resetBlock, data: u32(resetAddress) },
    ]),
    metadata: [[Math.min(distance, 0x4000), metadata.subarray(0, distance)]],
    ...plan.table,
  })
}

export interface TdxDescriptor {
  readonly offset?: number
  readonly data?: number
  readonly address: bigint
  readonly size: bigint
  readonly type: number
  readonly attributes?: number
}
const [bfv, cfv, tdHob, tempMem] = [0, 1, 2, 3]
export const tdxDescriptors: readonly TdxDescriptor[] = [
  { offset: 0x1000, data: 0x3000, address: 0xffffd000n, size: 0x3000n, type: bfv, attributes: 1 },
  { offset: 0, data: 0x1000, address: 0xffffc000n, size: 0x1000n, type: cfv },
  { address: 0x812000n, size: 0x3000n, type: tempMem },
  { address: 0x809000n, size: 0x2000n, type: tdHob },
]

export interface TdxPlan extends Pick<SnpPlan, 'header' | 'distance'> {
  readonly descriptors?: readonly TdxDescriptor[]
}

export function tdvfFirmware({ descriptors = tdxDescriptors, header = {}, distance = tdxDistance }: TdxPlan = {}): Uint8Array {
  const { signature = 'TDVF', version = 1, count = descriptors.length, length = 16 + 32 * descriptors.length } = header
  const sections = descriptors.map(({ offset = 0, data = 0, address, size, type, attributes = 0 }) =>
    concatBytes(u32(offset, data), u64(address), u64(size), u32(type, attributes)),
  )
  const metadata = concatBytes(utf8(signature), u32(length, version, count), ...sections)
  return buildFirmware({
    size: 0x4000,
    entries: [{ guid: guids.tdxMetadata, data: u32(distance) }],
    metadata: [[Math.min(distance, 0x4000), metadata.subarray(0, distance)]],
  })
}
