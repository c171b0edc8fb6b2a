import { expect, it } from 'vitest'
import { type AttestationReason, attestationReasons, type Waiver, waivers } from './result.ts'
import { azureFaults } from './testing/azure-faults/all.ts'
import { snpFaults } from './testing/faults/all.ts'
import { relaxations } from './testing/faults/relaxed.ts'
import { tdxFaults } from './testing/tdx-faults/all.ts'
import { tdxRelaxations } from './testing/tdx-faults/relaxed.ts'

/** What no evidence that is perfect but for one thing can show: appraise.test.ts does. */
const elsewhere: readonly AttestationReason[] = ['unsupported-evidence', 'invalid-reference-values']
/** snp/relaxed.test.ts has a platform of its own for Milan, azure/appraise-vtpm.test.ts a paravisor. */
const waivedElsewhere: readonly Waiver[] = ['milan', 'paravisor']

it('there is evidence for every reason, which it alone gives', () => {
  const shown = [...snpFaults, ...tdxFaults, ...azureFaults].map((fault) => fault.reason)
  expect(new Set<string>([...shown, ...elsewhere])).toEqual(new Set<string>(attestationReasons))
  expect(elsewhere.filter((reason) => shown.includes(reason))).toEqual([])
})

it('there is evidence for every waiver, which is accepted by it alone', () => {
  const shown = [...relaxations, ...tdxRelaxations].map((relaxation) => relaxation.waiver)
  expect(new Set<string>([...shown, ...waivedElsewhere])).toEqual(new Set<string>(waivers))
  expect(waivedElsewhere.filter((waiver) => shown.includes(waiver))).toEqual([])
})
