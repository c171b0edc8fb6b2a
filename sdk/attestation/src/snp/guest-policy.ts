/** The guest policy that the processor enforces (AMD 56860, GUEST_POLICY). */
export interface GuestPolicy {
  readonly abiMinor: number
  readonly abiMajor: number
  readonly smt: boolean
  readonly mustBeOne: boolean
  readonly migration: boolean
  readonly debug: boolean
  readonly singleSocket: boolean
  readonly reserved: bigint
}

export function parseGuestPolicy(policy: bigint): GuestPolicy {
  const bit = (n: bigint) => ((policy >> n) & 1n) === 1n
  return {
    abiMinor: Number(policy & 0xffn),
    abiMajor: Number((policy >> 8n) & 0xffn),
    smt: bit(16n),
    mustBeOne: bit(17n),
    migration: bit(18n),
    debug: bit(19n),
    singleSocket: bit(20n),
    // 21 CXL, 22 AES-256-XTS, 23 RAPL off, 24 ciphertext hiding, 25 page swap off: known, and no rule here needs them.
    reserved: policy >> 26n,
  }
}

/** Bits of platform_info that a rule looks at; unknown bits alone fail nothing. */
export function parsePlatformInfo(info: bigint): { readonly ciphertextHiding: boolean; readonly aliasCheck: boolean } {
  const bit = (n: bigint) => ((info >> n) & 1n) === 1n
  return { ciphertextHiding: bit(4n), aliasCheck: bit(5n) }
}
