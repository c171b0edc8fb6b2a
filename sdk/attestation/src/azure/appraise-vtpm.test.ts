import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { isAcceptable } from '../result.ts'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import { snpCheckNames } from '../snp/checks/names.ts'
import { azureFaults } from '../testing/azure-faults/all.ts'
import { appraiseIn, createPlatform, now, referenceFor, reportData } from '../testing/simulated-evidence.ts'
import { appraiseParavised, paravisedEvidenceOf, paravisor } from '../testing/simulated-vtpm.ts'
import { vtpmCheckNames } from './check-names.ts'
import { qualifyingDataOf } from './qualifying-data.ts'

let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createPlatform()
})

const withVtpm = [...snpCheckNames.filter((name) => name !== 'report-data'), ...vtpmCheckNames, 'report-data']

describe('evidence that came through a paravisor and is perfect', () => {
  it('is a warning, because the operator is trusted with all of the memory, and the result says whose paravisor it is', async () => {
    const result = await appraiseParavised(platform)
    expect(result.reasons).toEqual([])
    expect(result).toMatchObject({ status: 'warning', tee: 'snp', paravisor: 'azure', waivers: ['paravisor'] })
    expect(result.trustVector).toMatchObject({ 'runtime-opaque': 32, executables: 2, 'instance-identity': 2 })
    expect(result.checks.map((check) => check.name)).toEqual(withVtpm)
    expect(isAcceptable(result)).toBe(true)
  })

  it('is acceptable with some of the registers quoted, and with any value of those that are accepted', async () => {
    const pcrs = Object.entries(paravisor.pcrs).map(([number, values = []]) => [number, ['11'.repeat(32), ...values]])
    const more = { ...paravisor, pcrs: Object.fromEntries(pcrs) }
    const result = await appraiseParavised(platform, { vtpm: { selected: [4, 7] }, reference: { paravisor: more } })
    expect(result).toMatchObject({ status: 'warning', reasons: [] })
  })

  it('has no other checks than ever where nobody speaks of a paravisor', async () => {
    const result = await appraiseIn(platform)
    expect(result.checks.map((check) => check.name)).toEqual(snpCheckNames)
    expect(result).toMatchObject({ status: 'affirming', paravisor: null })
  })
})

describe('evidence through a paravisor that is perfect but for one rule is refused by that rule alone', () => {
  it.each(azureFaults)('$check: $when → $reason', async ({ check, reason, ...situation }) => {
    const result = await appraiseParavised(platform, situation)
    expect(result.reasons).toEqual([reason])
    expect(result.checks.filter((c) => c.verdict === 'failed').map((c) => c.name)).toEqual([check])
    expect(result.status).toBe('contraindicated')
    expect(isAcceptable(result)).toBe(false)
    expect(result.observed).toEqual({})
  })

  it('and there is such evidence for every check', () => {
    expect(new Set(azureFaults.map(({ check }) => check))).toEqual(new Set([...vtpmCheckNames, 'report-data']))
  })
})

describe('what the TPM says counts for nothing', () => {
  it('where the hardware report proves nothing', async () => {
    const broken = { afterSigning: (report: Uint8Array) => report.set([9], 0x90) }
    const result = await appraiseParavised(platform, { overrides: broken })
    expect(result.reasons).toEqual(['report-signature-invalid'])
    const verdicts = result.checks.filter(({ name }) => [...vtpmCheckNames, 'report-data'].includes(name))
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array(6).fill('skipped'))
    expect(result.claims).toBeNull()
  })

  it('where the report has another length: every check is named, and none but the length was looked at', async () => {
    const { evidence, endorsements } = await paravisedEvidenceOf(platform)
    const short = { ...evidence, report: evidence.report.subarray(1) }
    const result = await appraise(short, endorsements, referenceFor(platform, { paravisor }), { reportData }, now)
    expect(result.reasons).toEqual(['malformed-evidence'])
    expect(new Set(result.checks.map(({ name }) => name))).toEqual(new Set(withVtpm))
    expect(result.checks.filter(({ verdict }) => verdict !== 'skipped').map(({ name }) => name)).toEqual(['length'])
  })

  it('where other bytes are read than those that it signed, as a writer beside the appraisal would arrange it', async () => {
    const { evidence, endorsements } = await paravisedEvidenceOf(platform, { vtpm: { extraData: new Uint8Array(48) } })
    const { vtpm } = evidence
    if (vtpm === undefined) throw new Error('the evidence came through a paravisor')
    const forged = Uint8Array.from(vtpm.message)
    forged.set(qualifyingDataOf(reportData), 44)
    // A copy of these bytes is the forged message; what stands in memory is the one that was signed.
    const message = Uint8Array.from(vtpm.message)
    Object.defineProperty(message, Symbol.iterator, { value: () => forged[Symbol.iterator]() })
    const changing = { ...vtpm, message }
    const pinned = referenceFor(platform, { paravisor })
    const result = await appraise({ ...evidence, vtpm: changing }, endorsements, pinned, { reportData }, now)
    expect(result.reasons).toEqual(['tpm-quote-signature-invalid'])
  })

  it('where a guest below the paravisor asked for the report, and no policy can say otherwise', async () => {
    const below = { overrides: { report: { vmpl: 2 } } }
    expect((await appraiseParavised(platform, below)).reasons).toEqual(['vmpl-not-allowed'])
    const allowed = await appraiseParavised(platform, { ...below, reference: { policy: { vmpls: [0, 2] } } })
    expect(allowed.reasons).toEqual(['invalid-reference-values'])
  })
})
