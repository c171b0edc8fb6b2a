/** Offsets of the SEV-SNP attestation report (AMD 56860, ATTESTATION_REPORT). Everything is little endian. */
export const reportLength = 1184
/** what the signature covers */
export const signedLength = 0x2a0

export const offsets = {
  version: 0x000,
  guestSvn: 0x004,
  policy: 0x008,
  familyId: 0x010,
  imageId: 0x020,
  vmpl: 0x030,
  signatureAlgorithm: 0x034,
  currentTcb: 0x038,
  platformInfo: 0x040,
  keyInfo: 0x048,
  reportData: 0x050,
  measurement: 0x090,
  hostData: 0x0c0,
  idKeyDigest: 0x0e0,
  authorKeyDigest: 0x110,
  reportId: 0x140,
  reportIdMa: 0x160,
  reportedTcb: 0x180,
  cpuidFamily: 0x188,
  cpuidModel: 0x189,
  cpuidStepping: 0x18a,
  chipId: 0x1a0,
  committedTcb: 0x1e0,
  currentVersion: 0x1e8,
  committedVersion: 0x1ec,
  launchTcb: 0x1f0,
  launchMitigations: 0x1f8,
  currentMitigations: 0x200,
  signatureR: 0x2a0,
  signatureS: 0x2e8,
} as const

/** R and S stand in 72 bytes each; P-384 uses 48 of them. */
export const scalarLength = 48

/** Byte ranges [from, to) that a report of a version must leave zero. */
export function reservedRanges(version: number): readonly (readonly [number, number])[] {
  return [
    [0x04c, 0x050],
    // CPUID came with version 3, the mitigation vectors with version 5.
    version >= 3 ? [0x18b, 0x1a0] : [0x188, 0x1a0],
    [0x1eb, 0x1ec],
    [0x1ef, 0x1f0],
    version >= 5 ? [0x208, 0x2a0] : [0x1f8, 0x2a0],
    // Not signed: whatever stood here would be the host's words.
    [offsets.signatureR + scalarLength, offsets.signatureS],
    [offsets.signatureS + scalarLength, reportLength],
  ]
}

/** bits 31:5 of key_info */
export const keyInfoReserved = ~0x1f
