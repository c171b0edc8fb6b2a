import { beforeAll, describe, expect, it } from 'vitest'
import type { AttestationResult } from '../result.ts'
import { azureFaults } from '../testing/azure-faults/all.ts'
import { snpFaults } from '../testing/faults/all.ts'
import { appraiseIn, createPlatform, now, type Situation } from '../testing/simulated-evidence.ts'
import { appraiseTdxIn, createTdxPlatform } from '../testing/simulated-tdx-evidence.ts'
import { appraiseParavised } from '../testing/simulated-vtpm.ts'
import { tdxFaults } from '../testing/tdx-faults/all.ts'
import { tdxRelaxations } from '../testing/tdx-faults/relaxed.ts'
import { appraisalOf } from './ear.ts'
import { worstTier } from './tier.ts'
import { toEar } from './to-ear.ts'

const id = `sha256:${'1'.repeat(64)}`
/** One of each check: which of its rules was broken makes no difference to the vector. */
function onePerCheck<Fault extends { readonly check: string }>(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.toReversed().map((fault) => [fault.check, fault])).values()].toReversed()
}

let snp: Awaited<ReturnType<typeof createPlatform>>
let tdx: Awaited<ReturnType<typeof createTdxPlatform>>
beforeAll(async () => {
  ;[snp, tdx] = await Promise.all([createPlatform(), createTdxPlatform()])
})

/** The status of the EAR and of its attester, where they are that of the result and the worst tier of the trust vector. */
function agreed(result: AttestationResult): string {
  const ear = toEar(result, { now, policyId: id, evidenceId: id })
  const { ear_status, ear_trustworthiness_vector } = appraisalOf(ear)
  const said = new Set([ear.ear_status, ear_status, result.status, worstTier(ear_trustworthiness_vector)])
  return [...said].join(' or ')
}

const relaxations: Situation[] = [
  { overrides: { report: { policy: 0xb_0000n } }, reference: { policy: { allowDebug: true } } },
  { overrides: { report: { version: 2 } }, reference: { policy: { allowVersion2: true } } },
  { overrides: { report: { platformInfo: 0n } }, reference: { policy: { requireAliasCheck: false } } },
]

describe('the status of an EAR is that of its result and the worst tier of its trust vector', () => {
  it('where every rule holds', async () => {
    expect([agreed(await appraiseIn(snp)), agreed(await appraiseTdxIn(tdx))]).toEqual(['affirming', 'affirming'])
  })

  it.each(onePerCheck(snpFaults))('of SEV-SNP, where $check fails: $when', async ({ check: _, reason: __, ...situation }) => {
    expect(agreed(await appraiseIn(snp, situation))).toBe('contraindicated')
  })

  it.each(onePerCheck(tdxFaults))('of TDX, where $check fails: $when', async ({ check: _, reason: __, ...situation }) => {
    expect(agreed(await appraiseTdxIn(tdx, situation))).toBe('contraindicated')
  })

  it.each(onePerCheck(azureFaults))(
    'through a paravisor, where $check fails: $when',
    async ({ check: _, reason: __, ...situation }) => {
      expect(agreed(await appraiseParavised(snp, situation))).toBe('contraindicated')
    },
  )

  it.each(relaxations)('of SEV-SNP, where a default is relaxed: $reference.policy', async (situation) => {
    expect(agreed(await appraiseIn(snp, situation))).toBe('warning')
  })

  it.each([...new Map(tdxRelaxations.map((relaxation) => [relaxation.waiver, relaxation])).values()])(
    'of TDX, where a default is relaxed: $when',
    async ({ waiver: _, ...situation }) => {
      expect(agreed(await appraiseTdxIn(tdx, situation))).toBe('warning')
    },
  )

  it('through a paravisor that is accepted', async () => {
    expect(agreed(await appraiseParavised(snp))).toBe('warning')
  })
})
