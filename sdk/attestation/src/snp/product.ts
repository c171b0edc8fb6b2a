import type { SnpProduct } from './roots.ts'

/** The product that a combined CPUID family and model belong to (AMD 56860, table of report versions). */
export function productOfCpuid(family: number, model: number): SnpProduct | null {
  if (family === 0x19) {
    if (model <= 0x0f) return 'Milan'
    if ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)) return 'Genoa'
  }
  if (family === 0x1a && model <= 0x11) return 'Turin'
  return null
}
