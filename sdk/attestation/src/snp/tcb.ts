import type { SnpReport } from './report.ts'
import type { SnpProduct } from './roots.ts'

/** Security patch levels of the parts below the guest (AMD 56860, TCB_VERSION). */
export interface Tcb {
  readonly bootloader: number
  readonly tee: number
  readonly snp: number
  readonly microcode: number
  /** Turin only, 0 elsewhere */
  readonly fmc: number
}
export const tcbParts = ['bootloader', 'tee', 'snp', 'microcode', 'fmc'] as const satisfies readonly (keyof Tcb)[]

type Layout = Readonly<Partial<Record<keyof Tcb, number>>>
const layouts: Record<SnpProduct, Layout> = {
  Milan: { bootloader: 0, tee: 1, snp: 6, microcode: 7 },
  Genoa: { bootloader: 0, tee: 1, snp: 6, microcode: 7 },
  // Family 1Ah moved every field: read with the older layout, a Turin report shows levels that it does not have.
  Turin: { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 },
}

/** @param bytes 8, TCB_VERSION in the layout of that product */
export function parseTcb(product: SnpProduct, bytes: Uint8Array): Tcb {
  const layout = layouts[product]
  const at = (part: keyof Tcb) => {
    const offset = layout[part]
    return offset === undefined ? 0 : (bytes[offset] ?? 0)
  }
  return { bootloader: at('bootloader'), tee: at('tee'), snp: at('snp'), microcode: at('microcode'), fmc: at('fmc') }
}

/** Which TCB_VERSION of a report is which. */
export type ReportTcbs = Readonly<Record<'reported' | 'committed' | 'current' | 'launch', Tcb>>

export function parseTcbs(product: SnpProduct, report: SnpReport): ReportTcbs {
  return {
    reported: parseTcb(product, report.reportedTcb),
    committed: parseTcb(product, report.committedTcb),
    current: parseTcb(product, report.currentTcb),
    launch: parseTcb(product, report.launchTcb),
  }
}

/** @returns 8 bytes, as `parseTcb` reads them */
export function encodeTcb(product: SnpProduct, tcb: Tcb): Uint8Array {
  const bytes = new Uint8Array(8)
  for (const part of tcbParts) {
    const offset = layouts[product][part]
    if (offset !== undefined) bytes[offset] = tcb[part]
  }
  return bytes
}

/** Whether every byte that is no part of that product's TCB is zero. */
export function reservedTcbIsZero(product: SnpProduct, bytes: Uint8Array): boolean {
  const used = new Set(Object.values(layouts[product]))
  return bytes.every((value, offset) => used.has(offset) || value === 0)
}

/** Whether each part is at least as new. */
export function tcbAtLeast(tcb: Tcb, minimum: Tcb): boolean {
  return tcbParts.every((part) => tcb[part] >= minimum[part])
}

export function describeTcb(tcb: Tcb): string {
  const fmc = tcb.fmc > 0 ? ` fmc ${tcb.fmc}` : ''
  return `bootloader ${tcb.bootloader} tee ${tcb.tee} snp ${tcb.snp} microcode ${tcb.microcode}${fmc}`
}
