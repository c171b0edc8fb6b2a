import { sha256 } from '@reinraum/crypto'
import { paravisor } from '../simulated-vtpm.ts'
import type { AzureFault } from './fault.ts'

const digest = (when: string, pcrs: (pcrs: readonly Uint8Array[]) => readonly Uint8Array[]): AzureFault => ({
  when,
  check: 'pcrs',
  reason: 'pcr-digest-mismatch',
  vtpm: { pcrs },
})

export const pcrFaults: readonly AzureFault[] = [
  digest('a register is changed that no reference value names', (pcrs) => pcrs.with(20, new Uint8Array(32))),
  digest('a register is changed to what the reference values ask', (pcrs) => pcrs.with(4, pcrs[7] as Uint8Array)),
  digest('a register is missing', (pcrs) => pcrs.slice(0, -1)),
  digest('there is a register too many', (pcrs) => [...pcrs, new Uint8Array(32)]),
  digest('two registers are cut at another place', (pcrs) => {
    const [one, other] = [pcrs[0] as Uint8Array, pcrs[1] as Uint8Array]
    return [one.subarray(0, 31), Uint8Array.of(one[31] ?? 0, ...other), ...pcrs.slice(2)]
  }),
  {
    ...digest('a register has a value that was not quoted', (pcrs) => pcrs),
    vtpm: { selected: [4, 7], pcrs: (pcrs) => pcrs.with(8, sha256(Uint8Array.of(8))) },
  },
  {
    when: 'a register is none of those that are accepted',
    check: 'pcrs',
    reason: 'pcr-mismatch',
    reference: { paravisor: { kind: 'azure', pcrs: { ...paravisor.pcrs, '9': ['11'.repeat(32), '22'.repeat(32)] } } },
  },
  {
    when: 'a register that is asked for was not quoted',
    check: 'pcrs',
    reason: 'pcr-mismatch',
    reference: { paravisor: { kind: 'azure', pcrs: { ...paravisor.pcrs, '9': ['00'.repeat(32)] } } },
    vtpm: { selected: [4, 7] },
  },
]
