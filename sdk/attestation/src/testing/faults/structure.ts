import { offsets, reservedRanges } from '../../snp/layout.ts'
import { encodeTcb } from '../../snp/tcb.ts'
import { type Fault, tcb } from './fault.ts'

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
  ...([3, 5] as const).flatMap((version) =>
    reservedRanges(version).flatMap(([from, to]) =>
      [from, to - 1].map((at) => ({
        when: `byte 0x${at.toString(16)} of a version ${version} report is not zero`,
        check: 'reserved-fields' as const,
        reason: 'reserved-not-zero' as const,
        overrides: {
          report: { version },
          ...(at < offsets.signatureR
            ? { beforeSigning: (report: Uint8Array) => void report.fill(1, at, at + 1) }
            : { afterSigning: (report: Uint8Array) => void report.fill(1, at, at + 1) }),
        },
      })),
    ),
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
