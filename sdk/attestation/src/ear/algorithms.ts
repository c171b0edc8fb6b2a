import type { KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'

/**
 * What an EAR may be signed with: RFC 9864, the older name of the same (RFC 8037), RFC 7518 §3.4, draft-ietf-cose-dilithium. None
 * with a shared key: whoever could verify could then also sign.
 */
export const earAlgorithms = ['Ed25519', 'EdDSA', 'ES256', 'ES384', 'ML-DSA-65'] as const
export type EarAlgorithm = (typeof earAlgorithms)[number]

export type EarKey = KeyObject | CryptoKey

/** RFC 9782 §3, without `application/` as RFC 7515 §4.1.9 has it. */
export const earType = 'eat+jwt'

/** characters; an EAR of TDX with its 48 checks and the longest signature has 14 000 */
export const maximumTokenLength = 65_536
