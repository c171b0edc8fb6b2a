import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { concatBytes, sha256, toHex, utf8 } from '@reinraum/crypto'
import { appraise } from '../appraise.ts'
import { hardwareReportLength, hclOffsets, hclReportTypes, hclSignature } from '../azure/hcl-layout.ts'
import { qualifyingDataOf } from '../azure/qualifying-data.ts'
import type { ParavisorReferenceValuesInput } from '../azure/reference-values.ts'
import { algorithmSha256, attestQuote, pcrCount, selectionLength, sha256Length, tpmGenerated } from '../azure/tpm-layout.ts'
import type { Endorsements, Evidence, VtpmEvidence } from '../evidence.ts'
import type { AttestationResult } from '../result.ts'
import type { SimulatedOverrides } from '../simulator/snp/attester.ts'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import type { SnpReferenceValuesInput } from '../snp/reference-values.ts'
import { evidenceOf, now, referenceFor, reportData } from './simulated-evidence.ts'

/** The attestation key of a TPM that does not exist. */
const attestationKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pcrs = Array.from({ length: pcrCount }, (_, index) => sha256(Uint8Array.of(index)))

/** Accepts what the simulated guest's registers are. */
export const paravisor: ParavisorReferenceValuesInput = {
  kind: 'azure',
  pcrs: Object.fromEntries([4, 7].map((index) => [`${index}`, [toHex(pcrs[index] as Uint8Array)]])),
}

/** Each makes one kind of faulty evidence; what comes after it is made to fit. */
export interface SimulatedVtpmOverrides {
  /** the text that the hardware is bound to */
  readonly runtimeData?: (text: string) => string
  /** the report that the paravisor kept, from the one of the evidence */
  readonly kept?: (report: Uint8Array) => Uint8Array
  readonly hclReport?: (report: Uint8Array) => Uint8Array
  readonly extraData?: Uint8Array
  readonly selected?: readonly number[]
  /** before it is signed */
  readonly message?: (message: Uint8Array) => Uint8Array
  readonly sign?: (message: Uint8Array, key: KeyObject) => Uint8Array
  /** after they were quoted */
  readonly pcrs?: (pcrs: readonly Uint8Array[]) => readonly Uint8Array[]
}

/**
 * What a paravisor adds to evidence.
 *
 * @param askHardware given report_data, the report that the paravisor keeps: an SNP report, or a TDREPORT
 */
export async function simulateVtpm(
  tee: 'snp' | 'tdx',
  askHardware: (reportData: Uint8Array) => Promise<Uint8Array>,
  overrides: SimulatedVtpmOverrides = {},
): Promise<VtpmEvidence> {
  const { runtimeData: asRuntimeData = (text) => text, kept = (report) => report, hclReport = (report) => report } = overrides
  const { message: asMessage = (message) => message, sign: signWith = signPkcs1, selected = allPcrs } = overrides
  const runtimeData = utf8(asRuntimeData(JSON.stringify(runtimeDocument())))
  const report = await askHardware(concatBytes(sha256(runtimeData), new Uint8Array(32)))
  const message = asMessage(encodeQuote(overrides.extraData ?? qualifyingDataOf(reportData), selected))
  const quoted = pcrs.map((value, index) => (selected.includes(index) ? value : new Uint8Array(sha256Length)))
  return {
    hclReport: hclReport(encodeHclReport(tee, kept(report), runtimeData)),
    message,
    signature: signWith(message, attestationKey.privateKey),
    pcrs: overrides.pcrs?.(quoted) ?? quoted,
  }
}

export function signPkcs1(message: Uint8Array, key: KeyObject): Uint8Array {
  return new Uint8Array(sign('sha256', message, { key, padding: constants.RSA_PKCS1_PADDING }))
}

const allPcrs = Array.from({ length: pcrCount }, (_, index) => index)

function runtimeDocument() {
  const { n, e } = attestationKey.publicKey.export({ format: 'jwk' })
  return {
    keys: [
      { kid: 'HCLAkPub', key_ops: ['sign'], kty: 'RSA', e, n },
      { kid: 'HCLEkPub', key_ops: ['encrypt'], kty: 'RSA', e, n },
    ],
    'vm-configuration': { 'console-enabled': true, 'secure-boot': true, 'tpm-enabled': true },
    'user-data': '00'.repeat(64),
  }
}

function encodeHclReport(tee: 'snp' | 'tdx', report: Uint8Array, runtimeData: Uint8Array): Uint8Array {
  const end = hclOffsets.runtimeData + runtimeData.length
  const bytes = new Uint8Array(Math.max(2600, end))
  const view = new DataView(bytes.buffer)
  const u32 = (offset: number, value: number) => view.setUint32(offset, value, true)
  bytes.set(utf8(hclSignature))
  u32(hclOffsets.version, 2)
  u32(hclOffsets.reportSize, end)
  u32(hclOffsets.requestType, 2)
  bytes.set(report.subarray(0, hardwareReportLength), hclOffsets.hardwareReport)
  u32(hclOffsets.dataSize, end - hclOffsets.dataSize)
  u32(hclOffsets.dataVersion, 1)
  u32(hclOffsets.reportType, hclReportTypes[tee])
  u32(hclOffsets.hashType, 1)
  u32(hclOffsets.runtimeDataLength, runtimeData.length)
  bytes.set(runtimeData, hclOffsets.runtimeData)
  return bytes
}

function encodeQuote(extraData: Uint8Array, selected: readonly number[]): Uint8Array {
  const selection = new Uint8Array(selectionLength)
  for (const index of selected) selection[index >> 3] = (selection[index >> 3] ?? 0) | (1 << (index & 7))
  const digest = sha256(concatBytes(...selected.map((index) => pcrs[index] as Uint8Array)))
  const name = concatBytes(u16(algorithmSha256), sha256(utf8('attestation key')))
  return concatBytes(
    u32(tpmGenerated),
    u16(attestQuote),
    ...[name, extraData].flatMap((sized) => [u16(sized.length), sized]),
    // clock, resetCount, restartCount, safe; firmware version
    concatBytes(u32(0), u32(0x543d38fb), u32(53), u32(0), Uint8Array.of(1)),
    concatBytes(u32(0x20200312), u32(0x00120003)),
    concatBytes(u32(1), u16(algorithmSha256), Uint8Array.of(selectionLength), selection),
    concatBytes(u16(sha256Length), digest),
  )
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff)
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
}

export type ParavisedSnpEvidence = Extract<Evidence, { tee: 'snp' }>

export interface ParavisedSituation {
  readonly overrides?: SimulatedOverrides
  readonly vtpm?: SimulatedVtpmOverrides
  /** the finished evidence */
  readonly change?: (evidence: ParavisedSnpEvidence) => ParavisedSnpEvidence
  readonly reference?: Partial<SnpReferenceValuesInput>
  readonly reportData?: Uint8Array
}

export async function paravisedEvidenceOf(
  platform: SimulatedPlatform,
  { overrides = {}, vtpm, change = (evidence) => evidence }: ParavisedSituation = {},
): Promise<{ readonly evidence: ParavisedSnpEvidence; readonly endorsements: Endorsements }> {
  let made: Awaited<ReturnType<typeof evidenceOf>> | undefined
  const ask = async (bound: Uint8Array) => {
    made = await evidenceOf(platform, { ...overrides, report: { reportData: bound, ...overrides.report } })
    return made.evidence.report
  }
  const added = await simulateVtpm('snp', ask, vtpm)
  if (made === undefined) throw new Error('the hardware was asked')
  return { evidence: change({ ...made.evidence, vtpm: added }), endorsements: made.endorsements }
}

/** Appraises evidence that came through a paravisor and is perfect but for what the situation changes. */
export async function appraiseParavised(
  platform: SimulatedPlatform,
  situation: ParavisedSituation = {},
): Promise<AttestationResult> {
  const { evidence, endorsements } = await paravisedEvidenceOf(platform, situation)
  const reference = referenceFor(platform, { paravisor, ...situation.reference })
  return appraise(evidence, endorsements, reference, { reportData: situation.reportData ?? reportData }, now)
}
