import { toHex } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { referenceValuesSchema } from '../reference-values.ts'
import type { SimulatedTdxPlatform } from '../simulator/tdx/platform.ts'
import { now, reportData } from '../testing/simulated-evidence.ts'
import { appraiseTdxIn, createTdxPlatform, mrConfigId, mrtd, rtmrs, tdxEvidenceOf } from '../testing/simulated-tdx-evidence.ts'
import { tdxFaults } from '../testing/tdx-faults/all.ts'
import { knownBypasses, quoteKinds, type TdxFault } from '../testing/tdx-faults/fault.ts'
import { authentic } from './checks/authentic.ts'
import { type TdxCheckName, tdxCheckNames } from './checks/names.ts'

let platform: SimulatedTdxPlatform
beforeAll(async () => {
  platform = await createTdxPlatform()
})

function titleOf({ check, when, reason, bypass }: TdxFault): string {
  return `${check}: ${when} → ${reason}${bypass === undefined ? '' : ` [${bypass}]`}`
}

function faultOf(name: TdxCheckName): TdxFault {
  const fault = tdxFaults.find(({ check }) => check === name)
  if (fault === undefined) throw new Error('there is a fault for every check')
  return fault
}

describe('evidence that is perfect', () => {
  it.each(quoteKinds)('in a version $version quote of TD $body is affirming, with every check run', async (guest) => {
    const result = await appraiseTdxIn(platform, { guest, floors: (observed) => observed })
    expect(result).toMatchObject({ status: 'affirming', hardware: false, tee: 'tdx', reasons: [], waivers: [], paravisor: null })
    expect(result.checks.map((check) => check.name)).toEqual(tdxCheckNames)
    // A quote of TD 1.0 does not speak of service TDs.
    const skipped = result.checks.filter((check) => check.verdict !== 'passed').map((check) => check.name)
    expect(skipped).toEqual(guest.body === '1.5' ? [] : ['service-td'])
    expect(result.claims).toMatchObject({
      tee: 'tdx',
      ...guest,
      mrtd,
      mrConfigId,
      rtmr: rtmrs,
      reportData: toHex(reportData),
      attributes: { debug: false, septVeDisable: true },
      pck: { fmspc: platform.fmspc, pceId: platform.pceId, ppid: platform.ppid, pceSvn: 11 },
      tcb: { status: 'UpToDate', platform: 'UpToDate', module: 'UpToDate', quotingEnclave: 'UpToDate', evaluationDataNumber: 17 },
    })
    expect(result.trustVector).toMatchObject({
      'instance-identity': 2,
      executables: 2,
      configuration: 2,
      'runtime-opaque': 2,
      hardware: 0,
    })
  })

  it('raises three floors: of either list, and of the evaluation of the TCB', async () => {
    const { observed } = await appraiseTdxIn(platform)
    const series = Object.keys(observed).sort()
    expect(series.map((name) => name.split('/')[0])).toEqual(['crl', 'crl', 'tcb-evaluation'])
    expect(series.every((name) => name.includes(platform.rootSha256))).toBe(true)
    expect(series.map((name) => observed[name])).toEqual(['1', '1', '17'])
  })
})

describe('a TD of which only the firmware is compared', () => {
  const firmwareOnly = (policy: object) => ({
    tdx: { roots: [{ sha256: platform.rootSha256, simulated: true }], mrtd: [mrtd], policy },
  })

  it('is refused: any kernel would do', async () => {
    const { evidence, endorsements } = await tdxEvidenceOf(platform)
    const { reasons } = await appraise(evidence, endorsements, firmwareOnly({}), { reportData }, now)
    expect(reasons).toEqual(['invalid-reference-values'])
    const read = referenceValuesSchema.safeParse(firmwareOnly({}))
    expect(read.error?.issues.map(({ path }) => path.join('.'))).toEqual(['tdx.rtmr1', 'tdx.rtmr2'])
  })

  it('is a warning where the document says so in so many words', async () => {
    const { evidence, endorsements } = await tdxEvidenceOf(platform)
    const reference = firmwareOnly({ requireRtmrs: false })
    const result = await appraise(evidence, endorsements, reference, { reportData }, now)
    expect(result).toMatchObject({ status: 'warning', reasons: [], waivers: ['rtmr'] })
    expect(result.checks.find(({ name }) => name === 'rtmr')?.detail).toContain('NOTHING')
  })
})

describe('evidence that is perfect but for one rule is refused by that rule alone', () => {
  it.each(tdxFaults.map((fault) => [titleOf(fault), fault] as const))('%s', async (_, { check, reason, ...situation }) => {
    const result = await appraiseTdxIn(platform, situation)
    expect(result.reasons).toEqual([reason])
    expect(result.checks.filter((c) => c.verdict === 'failed').map((c) => c.name)).toEqual([check])
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false })
    expect(result.observed).toEqual({})
    expect(result.checks.map((c) => c.name)).toEqual(tdxCheckNames)
  })

  it('and there is such evidence for every check', () => {
    expect(new Set(tdxFaults.map((fault) => fault.check))).toEqual(new Set(tdxCheckNames))
  })

  it('and for every way in which another verifier was bypassed', () => {
    expect(new Set(tdxFaults.flatMap(({ bypass }) => (bypass ? [bypass] : [])))).toEqual(new Set(knownBypasses))
  })
})

describe('a claim is only shown where its author is proved', () => {
  it.each(authentic)('nothing is claimed when %s fails, and nothing that the TD says is looked at', async (name) => {
    const result = await appraiseTdxIn(platform, faultOf(name))
    expect(result.claims).toBeNull()
    expect(result.trustVector.executables).toBe(99)
    expect(result.checks.find((check) => check.name === 'mrtd')?.verdict).toBe('skipped')
  })

  it.each(tdxCheckNames.filter((name) => !authentic.some((needed) => needed === name)))(
    'what the TD says is shown when %s fails: it is known who says it',
    async (name) => {
      expect((await appraiseTdxIn(platform, faultOf(name))).claims).toMatchObject({ tee: 'tdx' })
    },
  )
})

it('a clock that shows no time accepts nothing', async () => {
  const { reasons } = await appraiseTdxIn(platform, { now: new Date(Number.NaN) })
  const documents = ['tcb-info-not-yet-valid', 'qe-identity-not-yet-valid']
  expect(reasons).toEqual(['certificate-not-yet-valid', 'crl-not-yet-valid', ...documents])
})

it('two faults are both named', async () => {
  const overrides = { body: { tdAttributes: (1n << 28n) | 1n, mrtd: new Uint8Array(48) } }
  expect((await appraiseTdxIn(platform, { overrides })).reasons).toEqual(['debug-enabled', 'measurement-mismatch'])
})
