import { encodeTcb } from '../../snp/tcb.ts'
import { vekOids } from '../../snp/vek-extensions.ts'
import { withExtension } from '../certificate-changes.ts'
import { type Fault, tcb } from './fault.ts'

export const tcbFaults: readonly Fault[] = [
  ...(['bootloader', 'tee', 'snp', 'microcode'] as const).flatMap((part) => [
    {
      when: `the key is certified for another ${part} level`,
      check: 'vek-tcb' as const,
      reason: 'tcb-mismatch' as const,
      overrides: { vek: withExtension(vekOids[part], Uint8Array.of(2, 1, tcb[part] + 1)) },
    },
    {
      when: `the certificate states no ${part} level`,
      check: 'vek-tcb' as const,
      reason: 'tcb-mismatch' as const,
      overrides: { vek: withExtension(vekOids[part], null) },
    },
    {
      when: `more ${part} is reported than is committed`,
      check: 'tcb-order' as const,
      reason: 'tcb-order-invalid' as const,
      overrides:
        part === 'tee'
          ? {
              report: { reportedTcb: encodeTcb('Genoa', { ...tcb, tee: 1 }) },
              vek: withExtension(vekOids.tee, Uint8Array.of(2, 1, 1)),
            }
          : { report: { committedTcb: encodeTcb('Genoa', { ...tcb, [part]: tcb[part] - 1 }) } },
    },
  ]),
  {
    when: 'more is committed than is running',
    check: 'tcb-order',
    reason: 'tcb-order-invalid',
    overrides: { report: { committedTcb: encodeTcb('Genoa', { ...tcb, snp: 28 }) } },
  },
  {
    when: 'the reported TCB is below the minimum',
    check: 'minimum-tcb',
    reason: 'tcb-below-minimum',
    reference: { policy: { minimumTcb: { Genoa: { microcode: 85 } } } },
  },
  {
    when: 'the guest was launched under a TCB below the minimum',
    check: 'minimum-tcb',
    reason: 'tcb-below-minimum',
    overrides: { report: { launchTcb: encodeTcb('Genoa', { ...tcb, snp: 26 }) } },
    reference: { policy: { minimumTcb: { Genoa: { snp: 27 } } } },
  },
]
