import { concatBytes, sha384 } from '@reinraum/crypto'
import { registerCount, registerLength } from './layout.ts'

/** What an extension leaves behind: which register, and with which digest. */
export interface Extension {
  /** 0 to 3 for RTMR0 to 3 */
  readonly register: number
  /** SHA-384 */
  readonly digest: Uint8Array
}

/** The four registers after these extensions, in this order: each is SHA-384(register ‖ digest), from zero on. */
export function replay(extensions: readonly Extension[]): Uint8Array[] {
  const registers = Array.from({ length: registerCount }, () => new Uint8Array(registerLength))
  for (const { register, digest } of extensions) {
    const before = registers[register]
    if (before !== undefined) registers[register] = sha384(concatBytes(before, digest))
  }
  return registers
}
