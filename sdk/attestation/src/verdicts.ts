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

/**
 * What a result says where nothing could be looked at. Its status may not be better than the worst of these (EAR), nor these
 * look better than it. AR4SI §2.3.4: 99 where bytes could not be validated, 97 where there is nothing to recognise them by.
 */
function unseen(reason: AttestationReason): TrustVector {
  return reason === 'malformed-evidence' ? noTrust(99) : { ...noTrust(0), hardware: 97 }
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
    trustVector: unseen(reason),
    claims: null,
    checks,
    reasons: [reason],
    waivers: [],
    observed: {},
  }
}
