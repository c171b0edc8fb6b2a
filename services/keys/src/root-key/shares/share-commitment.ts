import { canonicalBytes, constantTimeEqual, keyCheckValue, shareOverhead } from '@reinraum/crypto'

const secretLength = 32
const shareLength = secretLength + shareOverhead

/**
 * A commitment to one share, for the store. To those who hold fewer shares than are needed, a share is 32 uniform bytes and
 * one that says which share it is, so a one-way function of the whole tells nothing and leaves 2²⁵⁶ guesses. Never one of a
 * part: Shamir's scheme shares each byte alone.
 */
export function commitmentTo(share: Uint8Array, keyServiceId: string, holder: string): Uint8Array {
  const place = { v: 'reinraum/unseal-share/v1', keyService: keyServiceId, holder, number: share[secretLength] ?? 0 }
  return keyCheckValue(share.subarray(0, secretLength), canonicalBytes(place))
}

/** Compares in constant time. Only the length, which is public, ends it early. */
export function isCommittedShare(share: Uint8Array, commitment: Uint8Array, keyServiceId: string, holder: string): boolean {
  return share.length === shareLength && constantTimeEqual(commitmentTo(share, keyServiceId, holder), commitment)
}
