import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { predictTdxMrtd } from './mrtd.ts'
import { patternBytes, type TdxDescriptor, tdvfFirmware, tdxDescriptors } from './testing/firmware.ts'

const megabyte = 1024 * 1024

/** Four megabytes that no processor would run, with the real last page of an OVMF build and so its real TDX metadata. */
function fourMegabytes(suffix: string): Uint8Array {
  const firmware = patternBytes(4 * megabyte)
  firmware.set(readVector(`measure/${suffix}`), 4 * megabyte - 4096)
  return firmware
}

/** MRTD once more, written only from the specification: the whole stream of records as a list, hashed at once. */
function mrtdFromSpecification(bytes: Uint8Array, twoPass: boolean): string {
  const image = Buffer.from(bytes)
  const entry = image.lastIndexOf(Buffer.from('35657ae44a989847865e4685a7bf8ec2', 'hex'))
  const metadata = image.length - image.readUInt32LE(entry - 2 - 4)
  const stream: Buffer[] = []
  const operation = (name: string, gpa: number) => {
    const buffer = Buffer.alloc(128)
    buffer.write(name, 'ascii')
    buffer.writeBigUInt64LE(BigInt(gpa), 16)
    return buffer
  }
  for (let section = 0; section < image.readUInt32LE(metadata + 12); section += 1) {
    const at = metadata + 16 + 32 * section
    const data = image.readUInt32LE(at)
    const gpa = Number(image.readBigUInt64LE(at + 8))
    const pages = Number(image.readBigUInt64LE(at + 16)) / 4096
    const attributes = image.readUInt32LE(at + 28)
    const add = (page: number) => {
      if ((attributes & 2) === 0) stream.push(operation('MEM.PAGE.ADD', gpa + 4096 * page))
    }
    const extend = (page: number) => {
      for (let chunk = 0; (attributes & 1) === 1 && chunk < 16; chunk += 1) {
        const position = 4096 * page + 256 * chunk
        stream.push(operation('MR.EXTEND', gpa + position), image.subarray(data + position, data + position + 256))
      }
    }
    for (let page = 0; page < pages; page += 1) {
      add(page)
      if (!twoPass) extend(page)
    }
    for (let page = 0; twoPass && page < pages; page += 1) extend(page)
  }
  return createHash('sha384').update(Buffer.concat(stream)).digest('hex')
}

/** Permanent memory, which is not added, and a payload, which is measured. */
const tdShim: readonly TdxDescriptor[] = [
  ...tdxDescriptors,
  { offset: 0x2000, data: 0x1000, address: 0x1000000n, size: 0x1000n, type: 5, attributes: 1 },
  { address: 0x2000000n, size: 0x1000n, type: 6 },
  { address: 0x100000000n, size: 0x100000000n, type: 4, attributes: 2 },
  { offset: 0x3000, data: 0x40, address: 0n, size: 0n, type: 7 },
  { address: 0n, size: 0n, type: 8 },
]

describe('the MRTD of a firmware', () => {
  it.each([
    ['OVMF-like', tdxDescriptors],
    ['td-shim-like', tdShim],
  ])('is what the specification gives, in both orders: %s', (_, descriptors) => {
    const firmware = tdvfFirmware({ descriptors })
    const [single, two] = [mrtdFromSpecification(firmware, false), mrtdFromSpecification(firmware, true)]
    expect(predictTdxMrtd({ firmware })).toBe(single)
    expect(predictTdxMrtd({ firmware, addPages: 'single-pass' })).toBe(single)
    expect(predictTdxMrtd({ firmware, addPages: 'two-pass' })).toBe(two)
    expect(single).not.toBe(two)
  })

  // No firmware with a value from hardware is at hand. These two values are what td-shim-tee-info-hash gave for the images.
  it.skipIf(!hasVectors).each([
    [
      'ovmf_AmdSev_suffix.bin',
      '3676bfd5c817c66ec41397782999ad729439fc5d2cd1084d34b318549f3b835f3838bcdb77814794ceee2984ce3be167',
    ],
    [
      'ovmf_OvmfX64_suffix.bin',
      '328096c4dd873464cd1e9726202a9c27073d8abc52a245597c34b712fef2737436587b5b52fcdc336347985b05c1036d',
    ],
  ])("is what td-shim's tool gives for the metadata of %s", (suffix, mrtd) => {
    const firmware = fourMegabytes(suffix)
    expect(predictTdxMrtd({ firmware })).toBe(mrtd)
    expect(predictTdxMrtd({ firmware, addPages: 'two-pass' })).toBe(mrtdFromSpecification(firmware, true))
  })

  it('covers every byte of the boot firmware volume and none of the variables', () => {
    const firmware = tdvfFirmware()
    const mrtd = predictTdxMrtd({ firmware })
    const changedAt = (offset: number) => {
      const copy = firmware.slice()
      copy[offset] = (copy[offset] ?? 0) ^ 1
      return predictTdxMrtd({ firmware: copy })
    }
    for (const offset of [0x1000, 0x10ff, 0x1100, 0x1fff, 0x2000, 0x33ff, 0x3fff]) expect(changedAt(offset)).not.toBe(mrtd)
    // The variables (CFV) are measured by the firmware itself, into RTMR0.
    for (const offset of [0, 0xfff]) expect(changedAt(offset)).toBe(mrtd)
  })
})
