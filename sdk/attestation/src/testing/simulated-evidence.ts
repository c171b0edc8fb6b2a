import { appraise } from '../appraise.ts'
import { executorChallengeBinding, reportDataOf } from '../bindings.ts'
import type { Endorsements, Evidence } from '../evidence.ts'
import type { FreshnessNumbers } from '../freshness/floors.ts'
import type { ReferenceValuesInput } from '../reference-values.ts'
import type { AttestationResult } from '../result.ts'
import { type SimulatedOverrides, simulatedAttester } from '../simulator/snp/attester.ts'
import { createSimulatedPlatform, type SimulatedPlatform } from '../simulator/snp/platform.ts'
import type { SnpReferenceValuesInput } from '../snp/reference-values.ts'

export const now = new Date('2026-11-21T12:00:00.000Z')
export const measurement = '5a'.repeat(48)
export const reportData = reportDataOf(executorChallengeBinding({ contract: 'sha256:contract', nonce: 'nonce' }))

/** RSA-2048, because a test does not gain from the seconds that AMD's RSA-4096 takes. */
export function createPlatform(product?: SimulatedPlatform['product']): Promise<SimulatedPlatform> {
  return createSimulatedPlatform({ now, modulusLength: 2048, ...(product ? { product } : {}) })
}

/** Reference values that accept the platform, with every default. */
export function referenceFor(platform: SimulatedPlatform, more: Partial<SnpReferenceValuesInput> = {}): ReferenceValuesInput {
  const root = { product: platform.product, sha256: platform.arkSha256, simulated: true }
  return { snp: { roots: [root], measurements: [measurement], ...more } }
}

export interface Situation {
  readonly overrides?: SimulatedOverrides
  readonly reference?: Partial<SnpReferenceValuesInput>
  readonly reportData?: Uint8Array
  /** given the numbers of the platform's own list: the newest ones that the relying party has seen */
  readonly floors?: (observed: FreshnessNumbers) => FreshnessNumbers
  readonly now?: Date
}

export async function evidenceOf(
  platform: SimulatedPlatform,
  overrides: SimulatedOverrides = {},
): Promise<{ readonly evidence: Extract<Evidence, { tee: 'snp' }>; readonly endorsements: Endorsements }> {
  const { evidence, endorsements } = await simulatedAttester(platform, { measurement, overrides }).getEvidence(reportData)
  if (evidence.tee !== 'snp') throw new Error('the simulator makes SEV-SNP evidence')
  return { evidence, endorsements }
}

/** Appraises evidence that is perfect but for what the situation changes. */
export async function appraiseIn(platform: SimulatedPlatform, situation: Situation = {}): Promise<AttestationResult> {
  const { evidence, endorsements } = await evidenceOf(platform, situation.overrides)
  const reference = referenceFor(platform, situation.reference)
  const floors = situation.floors?.((await appraiseIn(platform)).observed)
  const expected = { reportData: situation.reportData ?? reportData, ...(floors ? { floors } : {}) }
  return appraise(evidence, endorsements, reference, expected, situation.now ?? now)
}
