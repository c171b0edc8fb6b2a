import type { SnpCheckName } from './snp/checks/names.ts'
import type { SnpClaims } from './snp/claims.ts'

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

export interface Check {
  readonly name: SnpCheckName | 'reference-values' | 'evidence-type'
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
  readonly trustVector: TrustVector
  /** what the evidence says; null where nothing proved who said it */
  readonly claims: SnpClaims | null
  /** in the order in which they ran */
  readonly checks: readonly Check[]
  readonly reasons: readonly AttestationReason[]
  readonly waivers: readonly Waiver[]
}

/** Whether every rule of the reference values holds, relaxed ones included. */
export function isAcceptable(result: AttestationResult): boolean {
  return result.status !== 'contraindicated' && result.reasons.length === 0
}
