import { concatBytes, sha384 } from '@reinraum/crypto'
import { pageSize, viewOf } from './firmware-table.ts'

const digestSize = 48
const pageInfoSize = 0x70
/** The VMSA has no address that the guest chooses; the RMP records it at the last page below 2^52. */
const vmsaAddress = 0xfffffffff000

/** The launch digest of a guest that has no page yet (AMD 56860 §8.17). */
export const emptyLaunchDigest: Uint8Array = new Uint8Array(digestSize)

/** PAGE_TYPE (AMD 56860 §8.17.2). */
const pageTypes = { normal: 1, vmsa: 2, zero: 3, unmeasured: 4, secrets: 5, cpuid: 6 } as const
/** Pages whose content the digest leaves out: it is zero, unknown, or the firmware's own to fill in. */
export type BlankPageType = 'zero' | 'unmeasured' | 'secrets' | 'cpuid'

/** Pages with content, from `address` on; `bytes` is a whole number of pages. */
export function measurePages(digest: Uint8Array, address: number, bytes: Uint8Array): Uint8Array {
  let current = digest
  for (let offset = 0; offset < bytes.length; offset += pageSize) {
    current = extend(current, pageTypes.normal, address + offset, sha384(bytes.subarray(offset, offset + pageSize)))
  }
  return current
}

export function measureBlankPages(digest: Uint8Array, type: BlankPageType, address: number, size: number): Uint8Array {
  let current = digest
  for (let offset = 0; offset < size; offset += pageSize) {
    current = extend(current, pageTypes[type], address + offset, emptyLaunchDigest)
  }
  return current
}

export function measureVmsa(digest: Uint8Array, contents: Uint8Array): Uint8Array {
  return extend(digest, pageTypes.vmsa, vmsaAddress, contents)
}

/** PAGE_INFO, whose SHA-384 is the next launch digest (AMD 56860 §8.17.2). */
function extend(current: Uint8Array, type: number, address: number, contents: Uint8Array): Uint8Array {
  const tail = new Uint8Array(pageInfoSize - 2 * digestSize)
  const view = viewOf(tail)
  view.setUint16(0, pageInfoSize, true)
  view.setUint8(2, type)
  // IMI_PAGE and the permissions of VMPL 1 to 3 (bytes 3 to 6) are zero: the pages belong to VMPL 0.
  view.setBigUint64(8, BigInt(address), true)
  return sha384(concatBytes(current, contents, tail))
}
