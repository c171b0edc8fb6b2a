import { pageSize, viewOf } from './firmware-table.ts'

export const snpVmms = ['qemu', 'ec2', 'gce'] as const
/** The hypervisors whose initial register state is published: QEMU with KVM, Amazon EC2, Google Compute Engine. */
export type SnpVmm = (typeof snpVmms)[number]

/** Where every x86 processor starts. */
export const resetVector = 0xfffffff0

export interface VcpuState {
  readonly vmm: SnpVmm
  /** where the vCPU starts: the first at the reset vector, the others where the firmware says */
  readonly instructionPointer: number
  /** CPUID Fn0000_0001_EAX, which QEMU leaves in RDX */
  readonly cpuidSignature: number
  /** SEV_FEATURES */
  readonly guestFeatures: bigint
}

/** What the hypervisors set differently: attributes of CS, SS and TR, the PAT, RDX and the two floating-point controls. */
function registersOf({ vmm, instructionPointer, cpuidSignature }: VcpuState) {
  const pat = 0x0007040600070406n
  switch (vmm) {
    case 'qemu':
      return { cs: 0x9b, ss: 0x93, tr: 0x8b, pat, rdx: cpuidSignature, mxcsr: 0x1f80, fcw: 0x37f }
    case 'ec2':
      return { cs: instructionPointer === resetVector ? 0x9a : 0x9b, ss: 0x92, tr: 0x83, pat, rdx: 0x600, mxcsr: 0, fcw: 0 }
    case 'gce':
      return { cs: 0x9b, ss: 0x93, tr: 0x8b, pat: 0x00070106n, rdx: 0x600, mxcsr: 0, fcw: 0 }
  }
}

/** The state that a vCPU is launched with: the VMSA of a processor after reset (AMD 24593, table B-4). */
export function vmsaPage(state: VcpuState): Uint8Array {
  const registers = registersOf(state)
  const page = new Uint8Array(pageSize)
  const view = viewOf(page)
  const segment = (offset: number, selector: number, attributes: number, base: number) => {
    view.setUint16(offset, selector, true)
    view.setUint16(offset + 2, attributes, true)
    view.setUint32(offset + 4, 0xffff, true)
    view.setBigUint64(offset + 8, BigInt(base), true)
  }
  const u64 = (offset: number, value: bigint | number) => view.setBigUint64(offset, BigInt(value), true)

  const codeOffset = state.instructionPointer % 0x1_0000
  segment(0x00, 0, 0x93, 0) // ES
  segment(0x10, 0xf000, registers.cs, state.instructionPointer - codeOffset) // CS
  segment(0x20, 0, registers.ss, 0) // SS
  segment(0x30, 0, 0x93, 0) // DS
  segment(0x40, 0, 0x93, 0) // FS
  segment(0x50, 0, 0x93, 0) // GS
  segment(0x60, 0, 0, 0) // GDTR
  segment(0x70, 0, 0x82, 0) // LDTR
  segment(0x80, 0, 0, 0) // IDTR
  segment(0x90, 0, registers.tr, 0) // TR
  u64(0xd0, 0x1000) // EFER: SVME, which KVM sets
  u64(0x148, 0x40) // CR4: MCE, which KVM sets
  u64(0x158, 0x10) // CR0: ET
  u64(0x160, 0x400) // DR7
  u64(0x168, 0xffff0ff0) // DR6
  u64(0x170, 0x2) // RFLAGS
  u64(0x178, codeOffset) // RIP
  u64(0x268, registers.pat) // G_PAT
  u64(0x310, registers.rdx) // RDX
  u64(0x3b0, state.guestFeatures) // SEV_FEATURES
  u64(0x3e8, 0x1) // XCR0: x87
  view.setUint32(0x408, registers.mxcsr, true) // MXCSR
  view.setUint16(0x410, registers.fcw, true) // X87_FCW
  return page
}
