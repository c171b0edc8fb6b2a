import { signedLength } from '../../snp/layout.ts'
import { encodeTcb } from '../../snp/tcb.ts'
import { type Fault, tcb } from './fault.ts'

/** AMD 56860, written down a second time: a table made from the one in the code would miss what the code misses. */
const reserved = [
  { versions: [3, 5], first: 0x04c, last: 0x04f },
  { versions: [3, 5], first: 0x18b, last: 0x19f },
  { versions: [3, 5], first: 0x1eb, last: 0x1eb },
  { versions: [3, 5], first: 0x1ef, last: 0x1ef },
  { versions: [3, 4], first: 0x1f8, last: 0x207 },
  { versions: [3, 5], first: 0x208, last: 0x29f },
  { versions: [5], first: 0x2d0, last: 0x2e7 },
  { versions: [5], first: 0x318, last: 0x32f },
  { versions: [5], first: 0x330, last: 0x49f },
]

function dirtyByte(version: number, at: number): Fault {
  const dirty = (report: Uint8Array) => void report.fill(1, at, at + 1)
  return {
    when: `byte 0x${at.toString(16)} of a version ${version} report is not zero`,
    check: 'reserved-fields',
    reason: 'reserved-not-zero',
    overrides: { report: { version }, ...(at < signedLength ? { beforeSigning: dirty } : { afterSigning: dirty }) },
  }
}

export const structureFaults: readonly Fault[] = [
  ...[0, 1, 6, 0xffffffff].map((version) => ({
    when: `the version is ${version}`,
    check: 'version' as const,
    reason: 'version-not-allowed' as const,
    overrides: { report: { version } },
  })),
  {
    when: 'a version 2 report meets reference values that do not name it',
    check: 'version',
    reason: 'version-not-allowed',
    overrides: { report: { version: 2 } },
  },
  {
    when: 'the signature algorithm is another one',
    check: 'signature-algorithm',
    reason: 'signature-algorithm-unsupported',
    overrides: { report: { signatureAlgorithm: 2 } },
  },
  ...reserved.flatMap(({ versions, first, last }) =>
    versions.flatMap((version) => [first, last].map((at) => dirtyByte(version, at))),
  ),
  {
    when: 'key_info has a reserved bit',
    check: 'reserved-fields',
    reason: 'reserved-not-zero',
    overrides: { report: { keyInfo: 1 << 5 } },
  },
  {
    when: 'a TCB version has a reserved byte',
    check: 'reserved-fields',
    reason: 'reserved-not-zero',
    overrides: { report: { launchTcb: encodeTcb('Genoa', tcb).with(3, 1) } },
  },
  {
    when: 'CPUID names no product of this kind',
    check: 'product',
    reason: 'product-unknown',
    overrides: { report: { cpuid: { family: 0x17, model: 0x31, stepping: 0 } } },
  },
]
