import type { VtpmCheckName } from './azure/check-names.ts'
import type { FreshnessNumbers } from './freshness/floors.ts'
import type { SnpCheckName } from './snp/checks/names.ts'
import type { SnpClaims } from './snp/claims.ts'
import type { TdxCheckName } from './tdx/checks/names.ts'
import type { TdxClaims } from './tdx/claims.ts'

/** Why evidence is contraindicated: a closed set, one code per rule. */
export const attestationReasons = [
  'malformed-evidence',
  'unsupported-evidence',
  'invalid-reference-values',
  'version-not-allowed',
  'signature-algorithm-unsupported',
  'reserved-not-zero',
  'product-unknown',
  'product-denied',
  'certificate-malformed',
  'certificate-missing',
  'root-not-pinned',
  'chain-names-invalid',
  'chain-constraints-invalid',
  'chain-signature-invalid',
  'certificate-expired',
  'certificate-not-yet-valid',
  'signing-key-mismatch',
  'csp-not-allowed',
  'chip-id-mismatch',
  'chip-id-masked',
  'chip-not-allowed',
  'report-signature-invalid',
  'tcb-mismatch',
  'tcb-order-invalid',
  'tcb-below-minimum',
  'debug-enabled',
  'migration-enabled',
  'policy-invalid',
  'abi-below-minimum',
  'smt-not-allowed',
  'single-socket-required',
  'vmpl-not-allowed',
  'platform-not-allowed',
  'crl-missing',
  'crl-invalid',
  'crl-expired',
  'crl-not-yet-valid',
  'certificate-revoked',
  'measurement-mismatch',
  'host-data-mismatch',
  'id-key-mismatch',
  'report-data-mismatch',
  'crl-number-missing',
  'crl-number-below-floor',
  'tee-type-mismatch',
  'qe-vendor-unknown',
  'trailing-bytes-not-zero',
  'collateral-missing',
  'collateral-malformed',
  'tcb-info-signer-invalid',
  'tcb-info-signature-invalid',
  'tcb-info-invalid',
  'tcb-info-expired',
  'tcb-info-not-yet-valid',
  'qe-identity-signer-invalid',
  'qe-identity-signature-invalid',
  'qe-identity-invalid',
  'qe-identity-expired',
  'qe-identity-not-yet-valid',
  'evaluation-number-below-floor',
  'qe-report-signature-invalid',
  'qe-report-binding-invalid',
  'qe-identity-mismatch',
  'quote-signature-invalid',
  'fmspc-mismatch',
  'pce-id-mismatch',
  'module-identity-mismatch',
  'tcb-level-unknown',
  'tcb-revoked',
  'tcb-status-not-allowed',
  'td-attributes-invalid',
  'sept-ve-not-disabled',
  'pks-not-allowed',
  'perfmon-not-allowed',
  'xfam-invalid',
  'service-td-not-allowed',
  'rtmr-mismatch',
  'config-id-mismatch',
  'owner-mismatch',
  'owner-config-mismatch',
  'seam-mismatch',
  'event-log-missing',
  'event-log-malformed',
  'event-log-mismatch',
  'event-digest-mismatch',
  'paravisor-not-allowed',
  'paravisor-missing',
  'hcl-report-malformed',
  'runtime-data-mismatch',
  'tpm-quote-malformed',
  'tpm-quote-signature-invalid',
  'pcr-digest-mismatch',
  'pcr-mismatch',
] as const
export type AttestationReason = (typeof attestationReasons)[number]

/** A rule that let something pass only because the reference values relax the default. */
export const waivers = [
  'legacy-version',
  'milan',
  'masked-chip-id',
  'debug',
  'migration',
  'vmpl',
  'alias-check',
  'crl-missing',
  'tcb-status',
  'sept-ve',
  'pks',
  'perfmon',
  'service-td',
  'paravisor',
  'rtmr',
] as const
export type Waiver = (typeof waivers)[number]

export const trustClaims = [
  'instance-identity',
  'configuration',
  'executables',
  'file-system',
  'hardware',
  'runtime-opaque',
  'storage-opaque',
  'sourced-data',
] as const
export type TrustClaim = (typeof trustClaims)[number]

/** draft-ietf-rats-ar4si: 0 no claim, 2 affirming, 32 and up warning, 96 and up contraindicated (99: cryptography failed). */
export type TrustVector = Readonly<Record<TrustClaim, number>>

export type CheckName = SnpCheckName | TdxCheckName | VtpmCheckName | 'reference-values' | 'evidence-type'

export interface Check {
  readonly name: CheckName
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

/** Shaped as an EAR (draft-ietf-rats-ear): one submodule, its status, its trust vector, and how it came to that. */
export interface AttestationResult {
  /**
   * `affirming`: every rule holds. `warning`: every rule holds, some only because the reference values relax a default, see
   * `waivers`. `contraindicated`: a rule does not hold; `reasons` says which.
   */
  readonly status: 'affirming' | 'warning' | 'contraindicated'
  /** whether a processor signed this: true only under a root that the vendor published */
  readonly hardware: boolean
  readonly tee: 'snp' | 'tdx' | 'unknown'
  /** whose software stands between hardware and guest, and is trusted with all the guest's memory; null where nobody's does */
  readonly paravisor: 'azure' | null
  readonly trustVector: TrustVector
  /** what the evidence says; null where nothing proved who said it */
  readonly claims: SnpClaims | TdxClaims | null
  /** in the order in which they ran */
  readonly checks: readonly Check[]
  readonly reasons: readonly AttestationReason[]
  readonly waivers: readonly Waiver[]
  /** what a relying party that keeps floors raises them by; empty unless the evidence is acceptable */
  readonly observed: FreshnessNumbers
}

/** Whether every rule of the reference values holds, relaxed ones included. */
export function isAcceptable(result: AttestationResult): boolean {
  return result.status !== 'contraindicated' && result.reasons.length === 0
}
