import { fromHex, sha384, toHex } from '@reinraum/crypto'
import { demand } from './demand.ts'
import { type FirmwareTable, readFirmwareTable, tableNumber } from './firmware-table.ts'
import { type DirectBoot, kernelHashesPage } from './kernel-hashes.ts'
import { emptyLaunchDigest, measureBlankPages, measurePages, measureVmsa } from './launch-digest.ts'
import { readSnpSections, type SnpSection } from './snp-metadata.ts'
import { type CpuSignature, cpuidSignature } from './vcpu-type.ts'
import { resetVector, type SnpVmm, vmsaPage } from './vmsa.ts'

const resetBlockGuid = '00f771de-1a7e-4fcb-890e-68c77e2fb44e'
const fourGiB = 0x1_0000_0000
const maximumVcpus = 4096

/** How a guest is launched, as far as its launch digest covers it. */
export interface SnpLaunch {
  /** the whole OVMF image, at most 64 MiB */
  readonly firmware: Uint8Array
  /**
   * launch digest after the firmware's own pages, 96 hex digits. With it, `firmware` may be a build with the same table
   * and metadata, or only its last pages: its content is then not measured.
   */
  readonly ovmfHash?: string | undefined
  /** as given to the hypervisor's direct boot; without one, what the firmware boots is not measured */
  readonly kernel?: Uint8Array | undefined
  readonly initrd?: Uint8Array | undefined
  readonly commandLine?: string | undefined
  /** 1 to 4096 */
  readonly vcpus: number
  /** QEMU's CPU model, e.g. `EPYC-Genoa`, or its signature; needed for `qemu`, without effect elsewhere */
  readonly vcpuType?: string | CpuSignature | undefined
  /** SEV_FEATURES that the hypervisor sets; 1 (SNPActive) since Linux 6.8, 0x21 with its debug swap before */
  readonly guestFeatures?: bigint | undefined
  readonly vmm?: SnpVmm | undefined
}

/**
 * The SEV-SNP launch digest that a guest reports as its MEASUREMENT, computed as the AMD secure processor does: the
 * firmware's pages, the sections that the firmware asks for, one VMSA for each vCPU (AMD 56860 §8.17; the order and the
 * register state are the hypervisor's). SVSM and IGVM launches are not covered.
 *
 * @returns 96 hex digits
 * @throws ReinraumError `invalid-argument`, and nothing else
 */
export function predictSnpMeasurement(launch: SnpLaunch): string {
  const { firmware, vmm = 'qemu' } = launch
  const table = readFirmwareTable(firmware)
  const sections = readSnpSections(firmware, table)
  const boot = directBootOf(launch)
  const bindsKernel = sections.some(({ type }) => type === 'kernel-hashes')
  demand(boot === null || bindsKernel, 'the firmware has no place for kernel hashes, so that nothing would bind the kernel')
  const vmsas = vmsaDigests(launch, table)

  let digest = launch.ovmfHash === undefined ? firmwareDigest(firmware) : givenDigest(launch.ovmfHash)
  for (const section of inOrderOf(vmm, sections)) digest = measureSection(digest, section, vmm, table, boot)
  for (let vcpu = 0; vcpu < launch.vcpus; vcpu += 1) digest = measureVmsa(digest, vcpu === 0 ? vmsas.first : vmsas.other)

  return toHex(digest)
}

/** The launch digest after the firmware's own pages, which `ovmfHash` takes. @throws ReinraumError `invalid-argument` */
export function snpFirmwareHash(firmware: Uint8Array): string {
  readFirmwareTable(firmware)
  return toHex(firmwareDigest(firmware))
}

/** Firmware ends at 4 GiB, where the reset vector is. */
function firmwareDigest(firmware: Uint8Array): Uint8Array {
  return measurePages(emptyLaunchDigest, fourGiB - firmware.length, firmware)
}

function givenDigest(hex: string): Uint8Array {
  demand(/^[0-9a-f]{96}$/.test(hex), "the firmware's hash is not 96 lower-case hex digits")
  return fromHex(hex)
}

function directBootOf({ kernel, initrd, commandLine }: SnpLaunch): DirectBoot | null {
  if (kernel !== undefined) return { kernel, initrd: initrd ?? new Uint8Array(), commandLine: commandLine ?? '' }
  demand(initrd === undefined && commandLine === undefined, 'an initrd or a command line needs a kernel')
  return null
}

function vmsaDigests(launch: SnpLaunch, table: FirmwareTable): { readonly first: Uint8Array; readonly other: Uint8Array } {
  const { vcpus, vcpuType, guestFeatures = 1n, vmm = 'qemu' } = launch
  demand(Number.isInteger(vcpus) && vcpus >= 1 && vcpus <= maximumVcpus, 'the number of vCPUs is not 1 to 4096')
  demand(guestFeatures >= 0n && guestFeatures < 1n << 64n, 'the guest features have more than 64 bits')
  demand((guestFeatures & 1n) === 1n, 'the guest features leave out SNPActive (bit 0), without which the guest is no SNP guest')
  demand(vmm !== 'qemu' || vcpuType !== undefined, 'QEMU needs a vCPU type: it is in the initial registers')
  const entryPoint = tableNumber(table, resetBlockGuid, 'entry point of further vCPUs')
  demand(vcpus === 1 || entryPoint !== 0, 'the firmware has no entry point for further vCPUs')
  const signature = vcpuType === undefined ? 0 : cpuidSignature(vcpuType)
  const digestAt = (instructionPointer: number) =>
    sha384(vmsaPage({ vmm, instructionPointer, cpuidSignature: signature, guestFeatures }))
  return { first: digestAt(resetVector), other: digestAt(entryPoint) }
}

/** EC2 gives the guest its CPUID page last. */
function inOrderOf(vmm: SnpVmm, sections: readonly SnpSection[]): readonly SnpSection[] {
  if (vmm !== 'ec2') return sections
  return [...sections.filter(({ type }) => type !== 'cpuid'), ...sections.filter(({ type }) => type === 'cpuid')]
}

function measureSection(
  digest: Uint8Array,
  { type, address, size }: SnpSection,
  vmm: SnpVmm,
  table: FirmwareTable,
  boot: DirectBoot | null,
): Uint8Array {
  switch (type) {
    case 'sec-mem':
      return measureBlankPages(digest, vmm === 'gce' ? 'unmeasured' : 'zero', address, size)
    case 'secrets':
    case 'cpuid':
      return measureBlankPages(digest, type, address, size)
    case 'svsm-caa':
      return measureBlankPages(digest, 'zero', address, size)
    case 'kernel-hashes':
      if (boot === null) return measureBlankPages(digest, 'zero', address, size)
      return measurePages(digest, address, kernelHashesPage(table, address, boot))
  }
}
