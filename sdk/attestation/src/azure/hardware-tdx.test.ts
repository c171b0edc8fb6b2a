import { fromHex, toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { VtpmEvidence } from '../evidence.ts'
import type { AttestationResult } from '../result.ts'
import { bodyOffsets, headerLength } from '../tdx/layout.ts'
import type { TdxReferenceValuesInput } from '../tdx/reference-values.ts'
import { intelRoot } from '../tdx/roots.ts'
import { readCollected } from '../testing/azure-vectors.ts'
import { tdReportOf } from '../testing/simulated-tdx-vtpm.ts'
import { encodeCollateral, signedPart } from '../testing/tdx-collateral.ts'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { hclOffsets } from './hcl-layout.ts'
import { isTdReportOf } from './td-report.ts'
import { parseTpmQuote } from './tpm-quote.ts'

const collected = () => readCollected('trustee-az-tdx/evidence-v1.json')

function readJson(path: string): Readonly<Record<string, string>> {
  return JSON.parse(Buffer.from(readVector(path)).toString('utf8'))
}

/** What Intel answered about this platform in June 2025, as it was recorded; the root's list is another recording's. */
function collateral2025(): Uint8Array {
  const tcbInfo = readJson('intel/teepot-pcs/tdx_tcb_info_00806F050000.json')
  const qeIdentity = readJson('intel/teepot-pcs/tdx_qe_identity.json')
  const pckCrl = readJson('intel/teepot-pcs/pck_crl_platform.json')
  const [info, identity] = [
    signedPart(tcbInfo.tcb_info_json ?? '', 'tcbInfo'),
    signedPart(qeIdentity.enclave_identity_json ?? '', 'enclaveIdentity'),
  ]
  const crl = Buffer.from((pckCrl.crl_data ?? '').replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return encodeCollateral({
    pck_crl_issuer_chain: pckCrl.issuer_chain ?? '',
    root_ca_crl: readJson('tdx/phala/collateral.json').root_ca_crl ?? '',
    pck_crl: toHex(new Uint8Array(crl)),
    tcb_info_issuer_chain: tcbInfo.issuer_chain ?? '',
    tcb_info: info.text,
    tcb_info_signature: info.signature,
    qe_identity_issuer_chain: qeIdentity.issuer_chain ?? '',
    qe_identity: identity.text,
    qe_identity_signature: identity.signature,
  })
}

async function appraiseCollected(
  policy: NonNullable<TdxReferenceValuesInput['policy']>,
  change: { readonly vtpm?: VtpmEvidence; readonly reportData?: Uint8Array } = {},
): Promise<AttestationResult> {
  const { vtpm, quote } = collected()
  const mrtd = toHex(quote.subarray(headerLength + bodyOffsets.mrtd, headerLength + bodyOffsets.mrConfigId))
  const pcrs = Object.fromEntries([4, 7].map((index) => [`${index}`, [toHex(vtpm.pcrs[index] ?? fromHex(''))]]))
  const reportData = change.reportData ?? parseTpmQuote(vtpm.message)?.extraData ?? fromHex('')
  return appraise(
    { tee: 'tdx', quote, vtpm: change.vtpm ?? vtpm },
    { certificates: [], crls: [], collateral: collateral2025() },
    { tdx: { roots: [{ sha256: intelRoot, simulated: false }], mrtd: [mrtd], paravisor: { kind: 'azure', pcrs }, policy } },
    { reportData },
    new Date('2025-06-10T00:00:00Z'),
  )
}

describe.skipIf(!hasVectors)('the quote of a real guest of Azure', () => {
  it('was made from the report that its paravisor kept, and the two files of it are one', () => {
    const { vtpm, quote } = collected()
    const body = quote.subarray(headerLength)
    const kept = vtpm.hclReport.subarray(hclOffsets.hardwareReport)
    expect(quote).toEqual(readVector('azure/trustee-az-tdx/td-quote.bin'))
    expect(isTdReportOf(kept, body)).toBe(true)
    expect(isTdReportOf(tdReportOf(body), body)).toBe(true)
    expect(isTdReportOf(readVector('azure/kinvolk/hcl-report-tdx.bin').subarray(hclOffsets.hardwareReport), body)).toBe(false)
  })

  it('is refused for nothing but a platform that Intel calls out of date', async () => {
    const result = await appraiseCollected({ requireSeptVeDisable: false })
    expect(result.reasons).toEqual(['tcb-status-not-allowed'])
    expect(result.claims).toMatchObject({ tcb: { status: 'OutOfDate', evaluationDataNumber: 17 } })
  })

  it('is hardware and a warning that names the paravisor where the policy accepts that', async () => {
    const result = await appraiseCollected({ requireSeptVeDisable: false, tcbStatuses: ['UpToDate', 'OutOfDate'] })
    expect(result.reasons).toEqual([])
    expect(result).toMatchObject({ status: 'warning', hardware: true, tee: 'tdx', paravisor: 'azure' })
    expect(result.waivers.toSorted()).toEqual(['paravisor', 'sept-ve', 'tcb-status'])
  })

  it('is refused with the TPM of another guest, or with the challenge of another', async () => {
    const policy = { requireSeptVeDisable: false, tcbStatuses: ['UpToDate' as const, 'OutOfDate' as const] }
    const other = { ...collected().vtpm, hclReport: readVector('azure/kinvolk/hcl-report-tdx.bin') }
    expect((await appraiseCollected(policy, { vtpm: other })).reasons).toEqual(['runtime-data-mismatch'])
    const asked = await appraiseCollected(policy, { reportData: new Uint8Array(64) })
    expect(asked.reasons).toEqual(['report-data-mismatch'])
  })
})
