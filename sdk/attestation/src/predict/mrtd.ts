import { createHash } from 'node:crypto'
import { toHex, utf8 } from '@reinraum/crypto'
import { pageSize, viewOf } from './firmware-table.ts'
import { readTdvfSections, type TdvfSection } from './tdvf.ts'

const recordSize = 128
const chunkSize = 256
const addRecordName = utf8('MEM.PAGE.ADD')
const extendRecordName = utf8('MR.EXTEND')

export const addPagesOrders = ['single-pass', 'two-pass'] as const
/**
 * `single-pass`: each page is added and its content measured at once (KVM since it has TDX, Linux 6.16); `two-pass`: all
 * pages of a section are added before any content is measured (hosts with earlier patches, e.g. of 2024). The host's
 * software decides, and MRTD differs.
 */
export type AddPagesOrder = (typeof addPagesOrders)[number]

/** How a TD is launched, as far as MRTD covers it: only by its firmware. */
export interface TdxLaunch {
  /** the whole TDVF image, at most 64 MiB */
  readonly firmware: Uint8Array
  readonly addPages?: AddPagesOrder | undefined
}

/**
 * MRTD of a TD with this firmware: the SHA-384 over one record for each page that is added and each 256 bytes that are
 * measured (Intel TDX module, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND; the sections are the firmware's own). What the firmware
 * starts is in RTMR1 and RTMR2, which the event log explains.
 *
 * Checked against a second computation and td-shim's own tool; no firmware with a value from hardware is among the tests.
 *
 * @returns 96 hex digits
 * @throws ReinraumError `invalid-argument`, and nothing else
 */
export function predictTdxMrtd({ firmware, addPages = 'single-pass' }: TdxLaunch): string {
  const hash = createHash('sha384')
  for (const section of readTdvfSections(firmware)) {
    if (addPages === 'single-pass') {
      for (const page of pagesOf(section)) hash.update(addRecord(page)).update(extendRecords(page))
    } else {
      for (const page of pagesOf(section)) hash.update(addRecord(page))
      for (const page of pagesOf(section)) hash.update(extendRecords(page))
    }
  }
  return toHex(hash.digest())
}

interface Page {
  readonly address: number
  readonly content: Uint8Array | null
}

function* pagesOf({ address, size, content }: TdvfSection): Generator<Page> {
  for (let offset = 0; offset < size; offset += pageSize) {
    yield { address: address + offset, content: content?.subarray(offset, offset + pageSize) ?? null }
  }
}

function addRecord({ address }: Page): Uint8Array {
  return record(addRecordName, address)
}

/** Each chunk is its record followed by its 256 bytes; nothing for a page whose content is not measured. */
function extendRecords({ address, content }: Page): Uint8Array {
  if (content === null) return new Uint8Array()
  const step = recordSize + chunkSize
  const records = new Uint8Array((pageSize / chunkSize) * step)
  for (let index = 0; index < pageSize / chunkSize; index += 1) {
    const offset = index * chunkSize
    records.set(record(extendRecordName, address + offset), index * step)
    records.set(content.subarray(offset, offset + chunkSize), index * step + recordSize)
  }
  return records
}

/** The operation's name, and at 16 the guest physical address. */
function record(name: Uint8Array, address: number): Uint8Array {
  const bytes = new Uint8Array(recordSize)
  bytes.set(name)
  viewOf(bytes).setBigUint64(16, BigInt(address), true)
  return bytes
}
