/**
 * TD attributes (Intel TDX Module ABI specification, ATTRIBUTES). Bits 7:0 put a TD under debug, bits 31:8 may weaken it,
 * bits 63:32 do not.
 */
const bits = {
  debug: 1n << 0n,
  /** linear address space separation: the TD protects itself */
  lass: 1n << 27n,
  septVeDisable: 1n << 28n,
  migratable: 1n << 29n,
  pks: 1n << 30n,
  keyLocker: 1n << 31n,
  perfmon: 1n << 63n,
} as const

/** All that a rule here looks at, or that does a TD no harm; every other bit is reserved, or for profiling by the host. */
const known = Object.values(bits).reduce((all, bit) => all | bit)

export interface TdAttributes {
  readonly debug: boolean
  readonly septVeDisable: boolean
  readonly migratable: boolean
  readonly pks: boolean
  readonly perfmon: boolean
  /** whether a bit is set that is not known here */
  readonly unknown: boolean
}

/** @param bytes 8, little endian */
export function parseTdAttributes(bytes: Uint8Array): TdAttributes {
  const value = readU64(bytes)
  const has = (bit: keyof typeof bits) => (value & bits[bit]) !== 0n
  return {
    debug: has('debug'),
    septVeDisable: has('septVeDisable'),
    migratable: has('migratable'),
    pks: has('pks'),
    perfmon: has('perfmon'),
    unknown: (value & ~known) !== 0n,
  }
}

/**
 * XFAM, the extended processor state that a TD uses (TDX module, TDX_XFAM_FIXED1 and TDX_XFAM_FIXED0): x87 and SSE always,
 * and nothing that the module does not keep for the TD.
 */
const xfamFixed1 = 0x3n
const xfamFixed0 = 0x0006_dbe7n

/** @param bytes 8, little endian */
export function isValidXfam(bytes: Uint8Array): boolean {
  const value = readU64(bytes)
  return (value & xfamFixed1) === xfamFixed1 && (value & ~xfamFixed0) === 0n
}

function readU64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
}
