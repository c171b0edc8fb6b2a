import type { FreshnessNumbers } from '../../freshness/floors.ts'
import type { AttestationReason } from '../../result.ts'
import type { SimulatedOverrides } from '../../simulator/snp/attester.ts'
import { amdExtension } from '../../simulator/snp/templates.ts'
import type { SnpCheckName } from '../../snp/checks/names.ts'
import type { SnpReferenceValuesInput } from '../../snp/reference-values.ts'
import { vekOids } from '../../snp/vek-extensions.ts'

/** Evidence that is perfect but for one thing, and what must come of it. */
export interface Fault {
  readonly when: string
  readonly check: SnpCheckName
  readonly reason: AttestationReason
  readonly overrides?: SimulatedOverrides
  readonly reference?: Partial<SnpReferenceValuesInput>
  readonly reportData?: Uint8Array
  /** given the numbers of the platform's own list: the newest ones that the relying party has seen */
  readonly floors?: (observed: FreshnessNumbers) => FreshnessNumbers
}

/** what a simulated Genoa reports */
export const tcb = { bootloader: 10, tee: 0, snp: 27, microcode: 84, fmc: 0 }
export const provider = 'CN=cc-test-1.example.com'

export function ia5(text: string): Uint8Array {
  return Uint8Array.of(0x16, text.length, ...Buffer.from(text, 'latin1'))
}

/** Makes the platform's key a VLEK, certified by an ASVK. */
export function asVlek(cspId: string | null, keyInfo = 1 << 2): SimulatedOverrides {
  return {
    report: { keyInfo },
    ca: (c) => ({ ...c, subject: 'SEV-VLEK-Genoa' }),
    vek: (c) => {
      const extensions = c.extensions.filter((extension) => extension.oid !== vekOids.hwid)
      const csp = cspId === null ? [] : [amdExtension(vekOids.cspId, ia5(cspId))]
      return { ...c, subject: 'SEV-VLEK', issuer: 'SEV-VLEK-Genoa', extensions: [...extensions, ...csp] }
    },
  }
}
