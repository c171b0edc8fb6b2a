/** Intel TDX Module ABI, ATTRIBUTES; the reserved bits have no name. */
const attributeNames: ReadonlyMap<number, string> = new Map([
  [0, 'DEBUG'],
  [4, 'HGS_PLUS_PROF'],
  [5, 'PERF_PROF'],
  [6, 'PMT_PROF'],
  [16, 'ICSSD'],
  [27, 'LASS'],
  [28, 'SEPT_VE_DISABLE'],
  [29, 'MIGRATABLE'],
  [30, 'PKS'],
  [31, 'KL'],
  [62, 'TPA'],
  [63, 'PERFMON'],
])

/** Intel SDM, XCR0 and IA32_XSS: which parts of the extended state the TD may use. */
const featureNames: ReadonlyMap<number, string> = new Map([
  [0, 'X87'],
  [1, 'SSE'],
  [2, 'AVX'],
  [5, 'AVX512_OPMASK'],
  [6, 'AVX512_ZMM_HI256'],
  [7, 'AVX512_HI16_ZMM'],
  [8, 'PT'],
  [9, 'PKRU'],
  [10, 'PASID'],
  [11, 'CET_U'],
  [12, 'CET_S'],
  [13, 'HDC'],
  [14, 'UINTR'],
  [15, 'LBR'],
  [16, 'HWP'],
  [17, 'AMX_TILECFG'],
  [18, 'AMX_TILEDATA'],
])

export interface BitsDescription {
  /** as the bytes stand in the quote, hex */
  readonly raw: string
  /** the bits that are set, lowest first; `bit 7` where one has no name */
  readonly set: readonly string[]
}

/** @param bytes 8, little endian */
export function describeTdAttributes(bytes: Uint8Array): BitsDescription {
  return describeBits(bytes, attributeNames)
}

/** @param bytes 8, little endian */
export function describeXfam(bytes: Uint8Array): BitsDescription {
  return describeBits(bytes, featureNames)
}

function describeBits(bytes: Uint8Array, names: ReadonlyMap<number, string>): BitsDescription {
  const set: string[] = []
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    if ((((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1) set.push(names.get(bit) ?? `bit ${bit}`)
  }
  return { raw: Buffer.from(bytes).toString('hex'), set }
}
