import { describe, expect, it } from 'vitest'
import { cpuidSignature } from './vcpu-type.ts'

describe('the signature of a vCPU type', () => {
  it.each([
    ['EPYC', 0x800f12],
    ['EPYC-v4', 0x800f12],
    ['EPYC-IBPB', 0x800f12],
    ['EPYC-Rome', 0x830f10],
    ['EPYC-Milan-v2', 0xa00f11],
    ['EPYC-Genoa', 0xa10f10],
    ['EPYC-Turin', 0xb00f00],
  ])('is what CPUID reports of it: %s', (type, signature) => expect(cpuidSignature(type)).toBe(signature))

  it('comes from family, model and stepping as well', () => {
    expect(cpuidSignature({ family: 23, model: 1, stepping: 2 })).toBe(0x800f12)
    expect(cpuidSignature({ family: 6, model: 0x8f, stepping: 8 })).toBe(0x806f8)
    expect(cpuidSignature({ family: 0, model: 0, stepping: 0 })).toBe(0)
    expect(cpuidSignature({ family: 0x10e, model: 0xff, stepping: 0xf })).toBe(0x0fff0fff)
  })
})
