import type { Waiver } from '../../result.ts'
import type { Situation } from '../simulated-evidence.ts'

/** Evidence that is accepted only because the reference values relax one default, in so many words; Milan is another. */
export const relaxations: readonly (Situation & { readonly waiver: Waiver })[] = [
  { waiver: 'legacy-version', overrides: { report: { version: 2 } }, reference: { policy: { allowVersion2: true } } },
  {
    waiver: 'masked-chip-id',
    overrides: { report: { chipId: new Uint8Array(64) } },
    reference: { policy: { allowMaskedChipId: true } },
  },
  { waiver: 'debug', overrides: { report: { policy: 0xb_0000n } }, reference: { policy: { allowDebug: true } } },
  { waiver: 'migration', overrides: { report: { policy: 0x7_0000n } }, reference: { policy: { allowMigration: true } } },
  { waiver: 'vmpl', overrides: { report: { vmpl: 2 } }, reference: { policy: { vmpls: [0, 2] } } },
  { waiver: 'alias-check', overrides: { report: { platformInfo: 0n } }, reference: { policy: { requireAliasCheck: false } } },
  {
    waiver: 'crl-missing',
    overrides: { endorsements: (e) => ({ ...e, crls: [] }) },
    reference: { policy: { requireCrl: false } },
  },
]
