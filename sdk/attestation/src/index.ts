export { appraise } from './appraise.ts'
export { executorChallengeBinding, keyReleaseBinding, keyServiceBinding, reportDataOf } from './bindings.ts'
export { type Attester, type Endorsements, type Evidence, evidenceId } from './evidence.ts'
export { measureFiles } from './measure-files.ts'
export {
  type ReferenceValues,
  type ReferenceValuesInput,
  referenceValuesSchema,
  type SnpPolicy,
  type SnpReferenceValues,
} from './reference-values.ts'
export {
  type AttestationReason,
  type AttestationResult,
  attestationReasons,
  type Check,
  isAcceptable,
  type TrustVector,
  type Waiver,
} from './result.ts'
export { type SimulatedOverrides, simulatedAttester } from './simulator/attester.ts'
export { createSimulatedPlatform, type SimulatedPlatform, simulatedPlatformSchema } from './simulator/platform.ts'
export type { SnpClaims } from './snp/claims.ts'
export { amdRoots, type SnpProduct } from './snp/roots.ts'
