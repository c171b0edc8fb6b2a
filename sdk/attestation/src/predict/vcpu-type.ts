import { demand } from './demand.ts'

/** Family, model and stepping, as CPUID reports them combined. */
export interface CpuSignature {
  readonly family: number
  readonly model: number
  readonly stepping: number
}

/** QEMU's CPU models; their versions (`-v2`) differ in features and not in the signature (QEMU, target/i386/cpu.c). */
const cpuModels: ReadonlyMap<string, CpuSignature> = new Map([
  ['EPYC', { family: 0x17, model: 0x01, stepping: 2 }],
  ['EPYC-IBPB', { family: 0x17, model: 0x01, stepping: 2 }],
  ['EPYC-Rome', { family: 0x17, model: 0x31, stepping: 0 }],
  ['EPYC-Milan', { family: 0x19, model: 0x01, stepping: 1 }],
  ['EPYC-Genoa', { family: 0x19, model: 0x11, stepping: 0 }],
  ['EPYC-Turin', { family: 0x1a, model: 0x00, stepping: 0 }],
])
export const vcpuTypes: readonly string[] = [...cpuModels.keys()]

/** CPUID Fn0000_0001_EAX (AMD 25481). @throws ReinraumError `invalid-argument` */
export function cpuidSignature(type: string | CpuSignature): number {
  const signature = typeof type === 'string' ? cpuModels.get(type.replace(/-v[1-9][0-9]?$/, '')) : type
  demand(signature !== undefined, `the vCPU type is none of ${vcpuTypes.join(', ')}, with or without a version`)
  const { family, model, stepping } = signature
  const isField = (value: number, maximum: number) => Number.isInteger(value) && value >= 0 && value <= maximum
  // The base family has four bits; what exceeds it stands in eight more.
  demand(isField(family, 0xf + 0xff) && isField(model, 0xff) && isField(stepping, 0xf), 'the vCPU signature is out of range')
  const [base, extended] = family > 0xf ? [0xf, family - 0xf] : [family, 0]
  return extended * 0x10_0000 + (model >> 4) * 0x1_0000 + base * 0x100 + (model & 0xf) * 0x10 + stepping
}
