import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { predictSnpMeasurement, type SnpLaunch, snpFirmwareHash } from './snp-measurement.ts'

const empty = new Uint8Array()
/** Kernel and initrd of the published digests are empty files. */
const direct = { kernel: empty, initrd: empty, commandLine: '' }
const withCommandLine = { ...direct, commandLine: 'console=ttyS0 loglevel=7' }

type Case = readonly [title: string, options: Partial<SnpLaunch>, measurement: string]

/** Launch digests that virtee/sev-snp-measure publishes for the last page of two OVMF builds. */
const amdSev: readonly Case[] = [
  [
    'a command line, debug swap',
    { ...withCommandLine, guestFeatures: 0x21n },
    '803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977',
  ],
  [
    'a command line',
    withCommandLine,
    '6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa',
  ],
  [
    'no kernel, debug swap',
    { guestFeatures: 0x21n },
    'e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af9b63f6e8a1674dbf281a9278a4a2ebe0eed9f22adbcd0e2b',
  ],
  ['no kernel', {}, '19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d'],
  [
    'four vCPUs, debug swap',
    { ...direct, vcpus: 4, guestFeatures: 0x21n },
    '4953b1fb416fa874980e8442b3706d345926d5f38879134e00813c5d7abcbe78eafe7b422907be0b4698e2414a631942',
  ],
  [
    'four vCPUs',
    { ...direct, vcpus: 4 },
    '5061fffb019493a903613d56d54b94912a1a2f9e4502385f5c194616753720a92441310ba6c4933de877c36e23046ad5',
  ],
  [
    'Amazon EC2, debug swap',
    { ...direct, vmm: 'ec2', guestFeatures: 0x21n },
    '0ce9ccc06bab55eebe8abc234f3df6514883977a68a591b71052498ab52b2f1aa415db338033946ef93aa8278c0d67fb',
  ],
  [
    'Amazon EC2',
    { ...direct, vmm: 'ec2' },
    '0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056',
  ],
  [
    'Google Compute Engine',
    { ...direct, vmm: 'gce', vcpuType: undefined },
    '5da7106cf14cf46b1725ebab123eb9e53bd46a1e9f400cd0c08e7827b04b688ea8b4e403c8404efed4397ea5d5d0722e',
  ],
  [
    'Google Compute Engine, four vCPUs',
    { ...direct, vmm: 'gce', vcpuType: undefined, vcpus: 4 },
    '5c5debf100fc339f90276e761ee1f1658d08922c3b20e2a2e6c7a6c3370b2452a15a00eae11886a93d6fd1e7ab81e29d',
  ],
]

/** Not published, but what version 0.0.13 of that tool gives: further vCPUs of EC2, and another vCPU type. */
const computed: readonly Case[] = [
  [
    'Amazon EC2, four vCPUs',
    { ...direct, vmm: 'ec2', vcpus: 4 },
    '011b1f26c364b296c80a51fac7bc7f957ed13814fb4ace342cca6b3db312511335ec910caa2bceb32a5957d89b5239a6',
  ],
  [
    'two vCPUs of Genoa',
    { ...direct, vcpus: 2, vcpuType: 'EPYC-Genoa' },
    '4b54a0523466bc50f6718b5e3efb79cbadff9801ec20e89ce9639e56fffa6357113619a39eb18c2095ed83568083a03f',
  ],
]
const amdSevHash = '086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74'

const ovmfX64: readonly Case[] = [
  [
    'debug swap',
    { guestFeatures: 0x21n },
    '28797ae0afaba4005a81e629acebfb59e6687949d6be44007cd5506823b0dd66f146aaae26ff291eed7b493d8a64c385',
  ],
  ['without debug swap', {}, 'da0296de8193586a5512078dcd719eccecbd87e2b825ad4148c44f665dc87df21e5b49e21523a9ad993afdb6a30b4005'],
]

describe.skipIf(!hasVectors)('the published launch digests', () => {
  const predict = (firmware: Uint8Array, options: Partial<SnpLaunch>) =>
    predictSnpMeasurement({ firmware, vcpus: 1, vcpuType: 'EPYC-v4', ...options })

  it.each([...amdSev, ...computed])('come out for the firmware that binds a kernel: %s', (_, options, measurement) => {
    expect(predict(readVector('measure/ovmf_AmdSev_suffix.bin'), options)).toBe(measurement)
  })

  it.each(ovmfX64)('come out for the firmware that binds none: %s', (_, options, measurement) => {
    expect(predict(readVector('measure/ovmf_OvmfX64_suffix.bin'), options)).toBe(measurement)
  })

  it.each([
    [0x21n, '329c8ce0972ae52343b64d34a434a86f245dfd74f5ed7aae15d22efc78fb9683632b9b50e4e1d7fa41179ef98a7ef198'],
    [0x1n, 'ddc5224521617a536ee7ce9dd6224d1b58a8d4fda1c741f3ac99fc4bfa04ba6e9fc98646d4a07a9079397fa3852819b5'],
  ])("come out from the hash of the firmware's pages, with features %s", (guestFeatures, measurement) => {
    const firmware = readVector('measure/ovmf_AmdSev_suffix.bin')
    expect(snpFirmwareHash(firmware)).toBe(amdSevHash)
    const other = firmware.slice()
    other[0] = 0x5a
    // The hash stands for the firmware, so that what is in the file beside the table does not matter.
    expect(predict(other, { ...direct, ovmfHash: amdSevHash, guestFeatures })).toBe(measurement)
  })

  it('has no digest for a kernel that the firmware does not bind', () => {
    expect(() => predict(readVector('measure/ovmf_OvmfX64_suffix.bin'), direct)).toThrow(
      'the firmware has no place for kernel hashes, so that nothing would bind the kernel',
    )
  })

  it('is another for every part of a launch', () => {
    const firmware = readVector('measure/ovmf_AmdSev_suffix.bin')
    const changed = firmware.slice()
    changed[7] = 1
    const launches: readonly [Uint8Array, Partial<SnpLaunch>][] = [
      [firmware, direct],
      [changed, direct],
      [firmware, { ...direct, kernel: new Uint8Array([1]) }],
      [firmware, { ...direct, initrd: new Uint8Array([1]) }],
      [firmware, { ...direct, commandLine: 'quiet' }],
      [firmware, { ...direct, vcpus: 2 }],
      [firmware, { ...direct, vcpuType: 'EPYC-Genoa' }],
      [firmware, { ...direct, guestFeatures: 0x3n }],
      [firmware, { ...direct, vmm: 'ec2' }],
      [firmware, { ...direct, vmm: 'gce' }],
      [firmware, {}],
    ]
    const measurements = launches.map(([bytes, options]) => predict(bytes, options))
    expect(new Set(measurements).size).toBe(launches.length)
    expect(measurements.every((measurement) => /^[0-9a-f]{96}$/.test(measurement))).toBe(true)
  })
})
