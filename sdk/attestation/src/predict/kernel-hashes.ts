import { concatBytes, sha256, utf8 } from '@reinraum/crypto'
import { demand } from './demand.ts'
import { type FirmwareTable, pageSize, tableNumbers } from './firmware-table.ts'
import { guidBytes } from './guid.ts'

const tableAddressGuid = '7255371f-3a3b-4b04-927b-1da6efa8d454'
const headerGuid = '9438d606-4f22-4cc9-b479-a793d411fd21'
const commandLineGuid = '97d02dd8-bd20-4c94-aa78-e7714d36ab2a'
const initrdGuid = '44baf731-3a2f-4bd7-9af1-41e29169781d'
const kernelGuid = '4de79437-abd2-427f-b835-d5b172d2045b'
const entrySize = 16 + 2 + 32
const tableSize = 16 + 2 + 3 * entrySize
const paddedTableSize = Math.ceil(tableSize / 16) * 16

/** What the hypervisor boots without a disk: the firmware compares each with its hash before it starts the kernel. */
export interface DirectBoot {
  readonly kernel: Uint8Array
  readonly initrd: Uint8Array
  readonly commandLine: string
}

/**
 * The page with the hashes of kernel, initial RAM disk and command line, at the place that the firmware names
 * (QEMU, target/i386/sev.c: SevHashTable; each is a GUID, a length and the hash).
 *
 * @param sectionAddress where the firmware's section for the hashes lies
 * @throws ReinraumError `invalid-argument` when the firmware would read them elsewhere than they are measured
 */
export function kernelHashesPage(table: FirmwareTable, sectionAddress: number, boot: DirectBoot): Uint8Array {
  const [address, size] = tableNumbers(table, tableAddressGuid, 2, 'table of kernel hashes')
  const offset = address - sectionAddress
  demand(size >= paddedTableSize, 'the firmware leaves too little room for kernel hashes')
  demand(
    offset >= 0 && offset + paddedTableSize <= pageSize,
    'the firmware reads kernel hashes elsewhere than it has them measured, so that nothing would bind the kernel',
  )
  const page = new Uint8Array(pageSize)
  const hashes = concatBytes(
    entry(commandLineGuid, sha256(commandLineBytes(boot.commandLine))),
    entry(initrdGuid, sha256(boot.initrd)),
    entry(kernelGuid, sha256(boot.kernel)),
  )
  page.set(concatBytes(guidBytes(headerGuid), u16(tableSize), hashes), offset)
  return page
}

/** As the guest gets it: a C string. */
function commandLineBytes(text: string): Uint8Array {
  demand(!text.includes('\0'), 'the command line holds a zero byte, where the guest would end it')
  return utf8(`${text}\0`)
}

function entry(guid: string, hash: Uint8Array): Uint8Array {
  return concatBytes(guidBytes(guid), u16(entrySize), hash)
}

function u16(value: number): Uint8Array {
  return new Uint8Array([value & 0xff, value >> 8])
}
