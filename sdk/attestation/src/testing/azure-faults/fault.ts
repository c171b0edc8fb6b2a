import { generateKeyPairSync } from 'node:crypto'
import type { VtpmCheckName } from '../../azure/check-names.ts'
import type { AttestationReason } from '../../result.ts'
import type { ParavisedSituation } from '../simulated-vtpm.ts'

/** Evidence of a paravised guest that is perfect but for one thing, and what must come of it. */
export interface AzureFault extends ParavisedSituation {
  readonly when: string
  readonly check: VtpmCheckName | 'report-data'
  readonly reason: AttestationReason
}

export const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

export function withU32(offset: number, value: (before: number) => number) {
  return (bytes: Uint8Array): Uint8Array => {
    const changed = Uint8Array.from(bytes)
    const view = new DataView(changed.buffer)
    view.setUint32(offset, value(view.getUint32(offset, true)), true)
    return changed
  }
}

export function withByte(at: (length: number) => number, value: (before: number) => number) {
  return (bytes: Uint8Array): Uint8Array => bytes.with(at(bytes.length), value(bytes.at(at(bytes.length)) ?? 0))
}
