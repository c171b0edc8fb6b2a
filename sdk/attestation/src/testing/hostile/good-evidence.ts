import { toHex } from '@reinraum/crypto'
import { appraise } from '../../appraise.ts'
import { parseHclReport } from '../../azure/hcl-report.ts'
import { parseTpmQuote } from '../../azure/tpm-quote.ts'
import type { Endorsements, Evidence } from '../../evidence.ts'
import type { ReferenceValuesInput } from '../../reference-values.ts'
import type { AttestationResult } from '../../result.ts'
import { amdRoots } from '../../snp/roots.ts'
import { bodyOffsets, headerLength } from '../../tdx/layout.ts'
import { intelRoot } from '../../tdx/roots.ts'
import { readCollected } from '../azure-vectors.ts'
import { createPlatform, evidenceOf, now, referenceFor, reportData } from '../simulated-evidence.ts'
import { createTdxPlatform, tdxEvidenceOf, tdxReferenceFor } from '../simulated-tdx-evidence.ts'
import { paravisedTdxEvidenceOf } from '../simulated-tdx-vtpm.ts'
import { paravisedEvidenceOf, paravisor } from '../simulated-vtpm.ts'
import { amdChain } from '../snp-vectors.ts'
import { readVector } from '../vectors.ts'

/** Evidence that is acceptable as it is, and all that it is appraised with. */
export interface GoodEvidence {
  readonly evidence: Evidence
  readonly endorsements: Endorsements
  readonly reference: ReferenceValuesInput
  readonly reportData: Uint8Array
  readonly now: Date
}

export function judge(good: GoodEvidence): Promise<AttestationResult> {
  const { evidence, endorsements, reference } = good
  return appraise(evidence, endorsements, reference, { reportData: good.reportData }, good.now)
}

/** By what they are; each needs some key generation or reading of files. */
export const simulated: Readonly<Record<string, () => Promise<GoodEvidence>>> = {
  'a report of a simulated Genoa': () => ofSnp('Genoa'),
  'a report of a simulated Turin': () => ofSnp('Turin'),
  'a quote of version 4 of a simulated TD': () => ofTdx(4),
  'a quote of version 5 of a simulated TD': () => ofTdx(5),
  'a report through a simulated paravisor': async () => {
    const platform = await createPlatform()
    return { ...(await paravisedEvidenceOf(platform)), reference: referenceFor(platform, { paravisor }), reportData, now }
  },
  'a quote through a simulated paravisor': async () => {
    const platform = await createTdxPlatform()
    const made = await paravisedTdxEvidenceOf(platform)
    return { ...made, reference: tdxReferenceFor(platform, { paravisor }), reportData, now }
  },
}

async function ofSnp(product: 'Genoa' | 'Turin'): Promise<GoodEvidence> {
  const platform = await createPlatform(product)
  return { ...(await evidenceOf(platform)), reference: referenceFor(platform), reportData, now }
}

async function ofTdx(version: 4 | 5): Promise<GoodEvidence> {
  const platform = await createTdxPlatform()
  const made = await tdxEvidenceOf(platform, { guest: { version } })
  return { ...made, reference: tdxReferenceFor(platform), reportData, now }
}

export const real: Readonly<Record<string, () => Promise<GoodEvidence>>> = {
  'the report of a real Genoa': async () => {
    const report = readVector('snp/azure-genoa/report.bin')
    return { ...genoa(report, readVector('snp/azure-genoa/vcek.der')), reportData: report.subarray(0x50, 0x90) }
  },
  'the quote of a real TD': async () => {
    const quote = readVector('tdx/phala/quote.bin')
    const field = (offset: number, length: number) => quote.subarray(headerLength + offset, headerLength + offset + length)
    return {
      evidence: { tee: 'tdx', quote },
      endorsements: { certificates: [], crls: [], collateral: readVector('tdx/phala/collateral.json') },
      reference: {
        tdx: {
          roots: [{ sha256: intelRoot, simulated: false }],
          mrtd: [toHex(field(bodyOffsets.mrtd, 48))],
          rtmr1: [toHex(field(bodyOffsets.rtmr1, 48))],
          rtmr2: [toHex(field(bodyOffsets.rtmr2, 48))],
        },
      },
      reportData: field(bodyOffsets.reportData, 64),
      now: new Date('2025-07-01T00:00:00Z'),
    }
  },
  'the evidence of a real guest of Azure': async () => {
    const { vtpm, vcek } = readCollected('trustee-az-snp/evidence-genoa.json')
    const [report, quote] = [parseHclReport(vtpm.hclReport)?.hardwareReport, parseTpmQuote(vtpm.message)]
    if (report === undefined || quote === null) throw new Error('both can be read')
    const pcrs = Object.fromEntries(vtpm.pcrs.map((pcr, index) => [`${index}`, [toHex(pcr)]]))
    const good = genoa(report, vcek, { paravisor: { kind: 'azure', pcrs } })
    return { ...good, evidence: { tee: 'snp', report, vtpm }, reportData: quote.extraData }
  },
}

/** Without the ASVK, which no check would look at. */
function genoa(
  report: Uint8Array,
  vcek: Uint8Array,
  more: Partial<NonNullable<ReferenceValuesInput['snp']>> = {},
): Omit<GoodEvidence, 'reportData'> {
  const [ask, ark] = amdChain('Genoa') as [Uint8Array, Uint8Array]
  const measurements = [toHex(report.subarray(0x90, 0xc0))]
  return {
    evidence: { tee: 'snp', report },
    endorsements: { certificates: [vcek, ask, ark], crls: [readVector('amd/crl_genoa.der')] },
    reference: { snp: { roots: [{ product: 'Genoa', sha256: amdRoots.Genoa, simulated: false }], measurements, ...more } },
    now: new Date('2025-06-01T00:00:00Z'),
  }
}
