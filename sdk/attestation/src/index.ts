export { appraise } from './appraise.ts'
export { qualifyingDataOf } from './azure/qualifying-data.ts'
export type { ParavisorReferenceValues, ParavisorReferenceValuesInput } from './azure/reference-values.ts'
export {
  executorChallengeBinding,
  type KeyReleaseFields,
  keyHoldBinding,
  keyReleaseBinding,
  keyServiceBinding,
  keyServiceUnsealBinding,
  reportDataOf,
  workloadIdentityBinding,
} from './bindings.ts'
export { endorsementFolder } from './configfs-tsm/endorsement-folder.ts'
export { extendRtmr } from './configfs-tsm/extend-rtmr.ts'
export { type ConfigfsTsmOptions, openConfigfsTsm } from './configfs-tsm/open-configfs-tsm.ts'
export type { TsmFiles } from './configfs-tsm/tsm-files.ts'
export { describeEvidence, type EvidenceDescription } from './describe/describe-evidence.ts'
export type { EventDescription, EventLogDescription } from './describe/event-log.ts'
export type { SnpDescription } from './describe/snp.ts'
export type { CertificateDescription, TdxDescription } from './describe/tdx.ts'
export type { BitsDescription } from './describe/tdx-bits.ts'
export { type EarAlgorithm, type EarKey, earAlgorithms } from './ear/algorithms.ts'
export { appraisalOf, type Ear, type EarAppraisal, earSchema } from './ear/ear.ts'
export { referenceValuesId } from './ear/reference-values-id.ts'
export { signEar } from './ear/sign-ear.ts'
export { type EarContext, toEar, type VerifierId } from './ear/to-ear.ts'
export { type EarExpectation, verifyEar } from './ear/verify-ear.ts'
export {
  type AppraisedEvent,
  appraiseEventLog,
  type EventLogAppraisal,
  type EventLogReason,
} from './event-log/appraise-event-log.ts'
export type { DigestRule } from './event-log/digest-reading.ts'
export { type MeasuredEvent, parseEventLog } from './event-log/parse-event-log.ts'
export {
  type Attester,
  type Endorsements,
  type Evidence,
  type Expected,
  evidenceId,
  type VtpmEvidence,
} from './evidence.ts'
export { type FreshnessNumbers, freshnessNumbersSchema, raiseFloors } from './freshness/floors.ts'
export { createNonceStore, type NonceStore } from './freshness/nonce-store.ts'
export { judgeNonce, type NonceRecord, type NonceVerdict } from './freshness/nonce-verdict.ts'
export { measureFiles } from './measure-files.ts'
export { type AddPagesOrder, addPagesOrders, predictTdxMrtd, type TdxLaunch } from './predict/mrtd.ts'
export { predictSnpMeasurement, type SnpLaunch, snpFirmwareHash } from './predict/snp-measurement.ts'
export { type CpuSignature, vcpuTypes } from './predict/vcpu-type.ts'
export { type SnpVmm, snpVmms } from './predict/vmsa.ts'
export { type ReferenceValues, type ReferenceValuesInput, referenceValuesSchema } from './reference-values.ts'
export {
  type AttestationReason,
  type AttestationResult,
  attestationReasons,
  type Check,
  type CheckName,
  isAcceptable,
  type TrustVector,
  type Waiver,
} from './result.ts'
export { type SimulatedOverrides, simulatedAttester } from './simulator/snp/attester.ts'
export { simulatedDerivedKey } from './simulator/snp/derive-key.ts'
export { createSimulatedPlatform, type SimulatedPlatform, simulatedPlatformSchema } from './simulator/snp/platform.ts'
export { type SimulatedTdxGuest, simulatedTdxAttester } from './simulator/tdx/attester.ts'
export type { SimulatedEvent } from './simulator/tdx/event-log.ts'
export type { SimulatedTdxOverrides } from './simulator/tdx/overrides.ts'
export { createSimulatedTdxPlatform, type SimulatedTdxPlatform, simulatedTdxPlatformSchema } from './simulator/tdx/platform.ts'
export type { SnpClaims } from './snp/claims.ts'
export type { SnpPolicy, SnpReferenceValues } from './snp/reference-values.ts'
export { amdRoots, type SnpProduct } from './snp/roots.ts'
export type { TdxClaims } from './tdx/claims.ts'
export { maxCollateralLength, type TdxCollateral, tdxCollateralSchema } from './tdx/collateral.ts'
export type { TdxPolicy, TdxReferenceValues } from './tdx/reference-values.ts'
export { intelRoot } from './tdx/roots.ts'
export { type TcbStatus, tcbStatuses } from './tdx/tcb-status.ts'
export {
  type EndorsementFileReading,
  type EndorsementInFile,
  maxEndorsementFileLength,
  readEndorsementFile,
} from './x509/endorsement-file.ts'
