import type { AttestationReason, AttestationResult, Check, TrustVector } from './result.ts'

/** The same value for every claim of the trust vector. */
export function noTrust(value: number): TrustVector {
  return {
    'instance-identity': value,
    configuration: value,
    executables: value,
    'file-system': value,
    hardware: value,
    'runtime-opaque': value,
    'storage-opaque': value,
    'sourced-data': value,
  }
}

/** The result where nothing could be looked at. */
export function contraindicated(
  tee: AttestationResult['tee'],
  reason: AttestationReason,
  checks: readonly Check[],
): AttestationResult {
  return {
    status: 'contraindicated',
    hardware: false,
    tee,
    paravisor: null,
    trustVector: noTrust(0),
    claims: null,
    checks,
    reasons: [reason],
    waivers: [],
    observed: {},
  }
}
