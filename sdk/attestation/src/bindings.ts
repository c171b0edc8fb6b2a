import { canonicalBytes, type JsonValue, sha512 } from '@reinraum/crypto'

/** What evidence of an executor that asks for a run's keys is bound to. */
export interface KeyReleaseFields {
  /** key service id → its nonce, base64url */
  readonly nonces: Readonly<Record<string, string>>
  /** the run's KEM public key, base64url */
  readonly kem: string
  /** the run's signing keys, as JSON */
  readonly sig: JsonValue
  readonly contract: string
  readonly query: string
  readonly run: string
}

/** What evidence is bound to: named fields under a version string, so that no binding can be read as another kind. */
export function keyReleaseBinding({ nonces, kem, sig, contract, query, run }: KeyReleaseFields): JsonValue {
  return { v: 'reinraum/key-release/v1', nonces: { ...nonces }, kem, sig, contract, query, run }
}

/** Evidence of an executor that has budgets held for a run before it asks for keys. It releases none. */
export function keyHoldBinding({ nonces, kem, sig, contract, query, run }: KeyReleaseFields): JsonValue {
  return { v: 'reinraum/key-hold/v1', nonces: { ...nonces }, kem, sig, contract, query, run }
}

/** Evidence of an attested key service, bound to its public keys, to who controls it, and to the nonce of whoever asks. */
export function keyServiceBinding(fields: {
  readonly nonce: string
  readonly publicKeys: JsonValue
  /** holders of the root key and administrators: they come from a configuration that no measurement covers */
  readonly control: JsonValue
}): JsonValue {
  const { nonce, publicKeys, control } = fields
  return { v: 'reinraum/key-service/v2', nonce, publicKeys, control }
}

/** Evidence of a key service that is sealed: the fresh public key, as a contract writes one, to which contributions are sealed. */
export function keyServiceUnsealBinding(fields: {
  readonly nonce: string
  readonly keyService: string
  readonly unsealKey: JsonValue
  readonly control: JsonValue
}): JsonValue {
  const { nonce, keyService, unsealKey, control } = fields
  return { v: 'reinraum/key-service-unseal/v2', nonce, keyService, unsealKey, control }
}

/** Evidence of an executor on a party's demand, before that party contributes anything. */
export function executorChallengeBinding(fields: { readonly contract: string; readonly nonce: string }): JsonValue {
  return { v: 'reinraum/executor-challenge/v1', contract: fields.contract, nonce: fields.nonce }
}

/** Evidence of an executor that asks a key service for a certificate: the key that it is for is one of `sig`. */
export function workloadIdentityBinding(fields: {
  /** of the key service, base64url */
  readonly nonce: string
  readonly keyService: string
  readonly contract: string
  /** the executor's signing keys, as JSON */
  readonly sig: JsonValue
}): JsonValue {
  const { nonce, keyService, contract, sig } = fields
  return { v: 'reinraum/workload-identity/v1', nonce, keyService, contract, sig }
}

/** SHA-512 of the canonical form (RFC 8785) of a binding: the 64 bytes of report_data. */
export function reportDataOf(binding: JsonValue): Uint8Array {
  return sha512(canonicalBytes(binding))
}
