import { isReinraumError } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { predictTdxMrtd } from './mrtd.ts'
import { predictSnpMeasurement, type SnpLaunch } from './snp-measurement.ts'
import {
  guids,
  type SnpDescriptor,
  type SnpPlan,
  snpDescriptors,
  snpFirmware,
  type TdxDescriptor,
  type TdxPlan,
  tdvfFirmware,
  tdxDescriptors,
  u32,
} from './testing/firmware.ts'

const kernel = new Uint8Array([1, 2, 3])
const launch: SnpLaunch = { firmware: snpFirmware(), kernel, vcpus: 2, vcpuType: 'EPYC-Genoa' }

/** The message of the one error that a prediction may throw. */
function refusal(predict: () => string): string {
  try {
    return `no refusal: ${predict()}`
  } catch (error) {
    if (!isReinraumError(error) || error.code !== 'invalid-argument') throw error
    return error.message
  }
}
const snp = (plan: SnpPlan) => refusal(() => predictSnpMeasurement({ ...launch, firmware: snpFirmware(plan) }))
const tdx = (plan: TdxPlan) => refusal(() => predictTdxMrtd({ firmware: tdvfFirmware(plan) }))

it('nothing is refused before it is broken', () => {
  expect(predictSnpMeasurement(launch)).toMatch(/^[0-9a-f]{96}$/)
  expect(predictTdxMrtd({ firmware: tdvfFirmware() })).toMatch(/^[0-9a-f]{96}$/)
})

describe('a firmware is refused whose table of GUIDs', () => {
  const filler = (length: number) => ({ guid: guids.tdxMetadata, data: u32(0), length })
  const cases: readonly (readonly [what: string, plan: SnpPlan, message: string])[] = [
    ['is not there', { table: { footer: guids.tdxMetadata } }, 'the firmware does not end with a table of GUIDs'],
    ['is shorter than its own entry', { table: { tableLength: 17 } }, 'the table of GUIDs does not fit the firmware'],
    ['is longer than the firmware', { table: { tableLength: 0x4000 } }, 'the table of GUIDs does not fit the firmware'],
    ['ends within an entry', { table: { tableLength: 22 + 26 + 22 + 18 + 17 } }, 'an entry in the table of GUIDs is cut off'],
    [
      'has an entry without a length',
      { entries: (all) => [...all, filler(0)] },
      'an entry in the table of GUIDs does not fit the table',
    ],
    [
      'has an entry longer than itself',
      { entries: (all) => [filler(0x200), ...all] },
      'an entry in the table of GUIDs does not fit the table',
    ],
    ['has an entry twice', { entries: (all) => [...all, ...all] }, 'an entry in the table of GUIDs is there twice'],
    [
      'does not name its metadata',
      { entries: (all) => all.filter(({ guid }) => guid !== guids.snpMetadata) },
      'the firmware does not name its SEV metadata',
    ],
    [
      'has an entry of another length',
      { entries: (all) => all.map((entry) => (entry.guid === guids.snpMetadata ? { ...entry, data: u32(0x600, 0) } : entry)) },
      "the firmware's entry for its SEV metadata has another length",
    ],
    [
      'does not say where vCPUs start',
      { entries: (all) => all.filter(({ guid }) => guid !== guids.resetBlock) },
      'the firmware does not name its entry point of further vCPUs',
    ],
  ]
  it.each(cases)('%s', (_, plan, message) => expect(snp(plan)).toBe(message))

  it.each([
    ['nothing', 0, 'the firmware is not a whole number of 4 KiB pages'],
    ['part of a page', 4095, 'the firmware is not a whole number of 4 KiB pages'],
    ['more than 64 MiB', 64 * 1024 * 1024 + 4096, 'the firmware is larger than 64 MiB'],
  ])('stands in %s', (_, size, message) => {
    const firmware = new Uint8Array(size)
    expect(refusal(() => predictSnpMeasurement({ ...launch, firmware }))).toBe(message)
    expect(refusal(() => predictTdxMrtd({ firmware }))).toBe(message)
  })
})

describe('a firmware is refused whose SEV metadata', () => {
  const plus = (...added: readonly SnpDescriptor[]): SnpPlan => ({ descriptors: [...snpDescriptors, ...added] })
  const pages = (count: number, size: number): SnpPlan =>
    plus(...Array.from({ length: count }, (_, index): SnpDescriptor => [0x20000000 + index * size, size, 1]))
  const onlyHashes = (address: number): SnpPlan => ({
    descriptors: snpDescriptors.map(([at, size, type]) => [type === 0x10 ? address : at, size, type]),
  })
  const cases: readonly (readonly [what: string, plan: SnpPlan, message: string])[] = [
    ['lies before the firmware', { distance: 0x4001 }, "the firmware's SEV metadata lies outside it"],
    ['lies behind it', { distance: 15 }, "the firmware's SEV metadata lies outside it"],
    ['has no signature', { header: { signature: 'VESA' } }, "the firmware's SEV metadata has no signature"],
    ['has another version', { header: { version: 2 } }, "the firmware's SEV metadata has another version than 1"],
    ['has no sections', { header: { count: 0 } }, "the firmware's SEV metadata has no sections, or more than 64"],
    ['has too many sections', pages(60, 0x1000), "the firmware's SEV metadata has no sections, or more than 64"],
    [
      'counts four billion sections',
      { header: { count: 0xffffffff } },
      "the firmware's SEV metadata has no sections, or more than 64",
    ],
    ['has a length that its count contradicts', { header: { length: 75 } }, "the firmware's SEV metadata has a wrong length"],
    [
      'runs past the end',
      { distance: 0x100, header: { count: 64, length: 16 + 64 * 12 } },
      "the firmware's SEV metadata has a wrong length",
    ],
    ['has a section of unknown type', plus([0x900000, 0x1000, 5]), 'an SEV section has an unknown type'],
    ['has a section within a page', plus([0x900800, 0x1000, 1]), 'an SEV section does not consist of whole pages'],
    ['has a section of half a page', plus([0x900000, 0x800, 1]), 'an SEV section does not consist of whole pages'],
    ['has an empty section', plus([0x900000, 0, 1]), 'an SEV section does not consist of whole pages'],
    ['reaches over 4 GiB', plus([0xfffff000, 0x2000, 1]), 'an SEV section lies above 4 GiB'],
    ['asks for more than 16 MiB', pages(1, 0x1000000), 'the SEV sections exceed 16 MiB'],
    ['asks for it in pieces', pages(32, 0x80000), 'the SEV sections exceed 16 MiB'],
    ['gives a page twice', plus([0x808000, 0x1000, 1]), 'the SEV sections overlap'],
    ["gives the firmware's own pages again", plus([0xfffff000, 0x1000, 1]), 'the SEV sections overlap'],
    ['has two CPUID pages', plus([0x900000, 0x1000, 3]), 'the SEV section cpuid is not one page'],
    ['has secrets of two pages', { descriptors: [[0x800000, 0x2000, 2]] }, 'the SEV section secrets is not one page'],
    [
      'has no place for kernel hashes',
      { descriptors: snpDescriptors.slice(0, -1) },
      'the firmware has no place for kernel hashes, so that nothing would bind the kernel',
    ],
    [
      'has them measured elsewhere than it reads them',
      onlyHashes(0x900000),
      'the firmware reads kernel hashes elsewhere than it has them measured, so that nothing would bind the kernel',
    ],
    [
      'has them measured only in part',
      { hashTable: [0x810f80, 0x400] },
      'the firmware reads kernel hashes elsewhere than it has them measured, so that nothing would bind the kernel',
    ],
    ['leaves too little room for them', { hashTable: [0x810c00, 175] }, 'the firmware leaves too little room for kernel hashes'],
    ['does not say where further vCPUs start', { resetAddress: 0 }, 'the firmware has no entry point for further vCPUs'],
  ]
  it.each(cases)('%s', (_, plan, message) => expect(snp(plan)).toBe(message))
})

describe('an SNP launch is refused', () => {
  const cases: readonly (readonly [what: string, change: Partial<SnpLaunch>, message: string])[] = [
    ['without vCPUs', { vcpus: 0 }, 'the number of vCPUs is not 1 to 4096'],
    ['with half a vCPU', { vcpus: 1.5 }, 'the number of vCPUs is not 1 to 4096'],
    ['with more vCPUs than a guest has', { vcpus: 4097 }, 'the number of vCPUs is not 1 to 4096'],
    ['without a vCPU type', { vcpuType: undefined }, 'QEMU needs a vCPU type: it is in the initial registers'],
    ['with a model out of range', { vcpuType: { family: 25, model: 256, stepping: 0 } }, 'the vCPU signature is out of range'],
    ['with a broken family', { vcpuType: { family: 0.5, model: 0, stepping: 0 } }, 'the vCPU signature is out of range'],
    ['with features of 65 bits', { guestFeatures: (1n << 64n) + 1n }, 'the guest features have more than 64 bits'],
    ['with negative features', { guestFeatures: -1n }, 'the guest features have more than 64 bits'],
    [
      'without SNPActive',
      { guestFeatures: 0x20n },
      'the guest features leave out SNPActive (bit 0), without which the guest is no SNP guest',
    ],
    ['with an initrd alone', { kernel: undefined, initrd: kernel }, 'an initrd or a command line needs a kernel'],
    ['with a command line alone', { kernel: undefined, commandLine: '' }, 'an initrd or a command line needs a kernel'],
    [
      'with a command line that the guest would not read to its end',
      { commandLine: 'quiet\0init=/bin/sh' },
      'the command line holds a zero byte, where the guest would end it',
    ],
    ['with a command line that is no text', { commandLine: '\ud800' }, 'text holds a lone surrogate'],
    ['with a short hash of the firmware', { ovmfHash: 'ab' }, "the firmware's hash is not 96 lower-case hex digits"],
    ['with one in capitals', { ovmfHash: 'AB'.repeat(48) }, "the firmware's hash is not 96 lower-case hex digits"],
  ]
  it.each(cases)('%s', (_, change, message) => {
    expect(refusal(() => predictSnpMeasurement({ ...launch, ...change }))).toBe(message)
  })

  it.each(['EPYC-Naples', 'host', '', 'EPYC-v0', 'EPYC-v4-v4', 'constructor'])('with the vCPU type "%s"', (vcpuType) => {
    expect(refusal(() => predictSnpMeasurement({ ...launch, vcpuType }))).toMatch(/^the vCPU type is none of EPYC, /)
  })
})

describe('a firmware is refused whose TDX metadata', () => {
  const plus = (...added: readonly TdxDescriptor[]): TdxPlan => ({ descriptors: [...tdxDescriptors, ...added] })
  const volume = (change: Partial<TdxDescriptor>): TdxPlan => ({
    descriptors: tdxDescriptors.map((descriptor) => (descriptor.type === 0 ? { ...descriptor, ...change } : descriptor)),
  })
  const memory = { address: 0x900000n, size: 0x1000n }
  const many = Array.from({ length: 61 }, (_, index) => ({ address: BigInt(index) * 0x1000n, size: 0x1000n, type: 3 }))
  const cases: readonly (readonly [what: string, plan: TdxPlan, message: string])[] = [
    ['lies before the firmware', { distance: 0x4001 }, "the firmware's TDX metadata lies outside it"],
    ['lies behind it', { distance: 15 }, "the firmware's TDX metadata lies outside it"],
    ['has no signature', { header: { signature: 'FVDT' } }, "the firmware's TDX metadata has no signature"],
    ['has another version', { header: { version: 2 } }, "the firmware's TDX metadata has another version than 1"],
    ['has no sections', { header: { count: 0 } }, "the firmware's TDX metadata has no sections, or more than 64"],
    ['has too many sections', plus(...many), "the firmware's TDX metadata has no sections, or more than 64"],
    [
      'counts four billion sections',
      { header: { count: 0xffffffff } },
      "the firmware's TDX metadata has no sections, or more than 64",
    ],
    ['has a length that its count contradicts', { header: { length: 16 } }, "the firmware's TDX metadata has a wrong length"],
    [
      'runs past the end',
      { distance: 0x200, header: { count: 64, length: 16 + 64 * 32 } },
      "the firmware's TDX metadata has a wrong length",
    ],
    ['has a section of unknown type', plus({ ...memory, type: 9 }), 'a TDX section has an unknown type'],
    ['has unknown attributes', plus({ ...memory, type: 3, attributes: 4 }), 'a TDX section has unknown attributes'],
    [
      'has attributes in the highest bit',
      plus({ ...memory, type: 3, attributes: 0x80000000 }),
      'a TDX section has unknown attributes',
    ],
    ['takes data from behind the firmware', volume({ offset: 0x1001 }), "a TDX section's data lies outside the firmware"],
    [
      'lies above every address',
      plus({ ...memory, address: 1n << 63n, type: 3 }),
      'a TDX section lies above every guest physical address',
    ],
    [
      'reaches above every address',
      plus({ ...memory, size: 1n << 60n, type: 3 }),
      'a TDX section lies above every guest physical address',
    ],
    [
      'has a section within a page',
      plus({ ...memory, address: 0x900800n, type: 3 }),
      'a TDX section does not consist of whole pages',
    ],
    ['has a section of half a page', plus({ ...memory, size: 0x800n, type: 3 }), 'a TDX section does not consist of whole pages'],
    [
      'asks for memory where it only describes',
      plus({ ...memory, type: 7 }),
      'a TDX section that only describes the firmware asks for memory',
    ],
    ['has more data than memory', volume({ size: 0x2000n }), 'a TDX section has more data than memory'],
    ['has an empty volume', plus({ ...memory, type: 1 }), 'a TDX firmware volume is empty'],
    ['fills plain memory', plus({ ...memory, data: 0x1000, type: 3 }), 'a TDX section for plain memory has data'],
    [
      'adds permanent memory before the start',
      plus({ ...memory, type: 4 }),
      'a TDX section other than permanent memory is added later, or the reverse',
    ],
    [
      'adds other memory after it',
      plus({ ...memory, type: 3, attributes: 2 }),
      'a TDX section other than permanent memory is added later, or the reverse',
    ],
    [
      'measures what the host fills',
      plus({ ...memory, type: 3, attributes: 1 }),
      'a measured TDX section is not filled from the firmware',
    ],
    ['measures past its data', volume({ data: 0x2000 }), 'a measured TDX section is not filled from the firmware'],
    ['does not measure its code', volume({ attributes: 0 }), 'the TDX boot firmware volume is not measured'],
    ['has no code', { descriptors: tdxDescriptors.slice(1) }, 'the firmware has no TDX boot firmware volume'],
    ['has two hand-off blocks', plus({ ...memory, type: 2 }), 'the firmware has two TDX sections for the hand-off block'],
    ['asks for a gigabyte', plus({ ...memory, size: 0x40000000n, type: 3 }), 'the TDX sections exceed 64 MiB'],
    ['gives a page twice', plus({ ...memory, address: 0x80a000n, type: 3 }), 'the TDX sections overlap'],
  ]
  it.each(cases)('%s', (_, plan, message) => expect(tdx(plan)).toBe(message))
})
