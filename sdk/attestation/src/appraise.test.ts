import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from './appraise.ts'
import { type Evidence, evidenceId } from './evidence.ts'
import type { ReferenceValuesInput } from './reference-values.ts'
import { isAcceptable } from './result.ts'
import type { SimulatedPlatform } from './simulator/snp/platform.ts'
import { createPlatform, evidenceOf, now, referenceFor, reportData } from './testing/simulated-evidence.ts'

let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createPlatform()
})

describe('the appraisal fails closed', () => {
  it('evidence of hardware that the reference values do not name is not supported, and nothing of it is accepted', async () => {
    const { endorsements } = await evidenceOf(platform)
    const quote: Evidence = { tee: 'tdx', quote: new Uint8Array(5006) }
    const result = await appraise(quote, endorsements, referenceFor(platform), { reportData }, now)
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, tee: 'tdx', reasons: ['unsupported-evidence'] })
    expect(isAcceptable(result)).toBe(false)
  })

  it('a kind of evidence that does not exist is not supported', async () => {
    const { endorsements } = await evidenceOf(platform)
    const unknown = { tee: 'sgx' } as unknown as Evidence
    const result = await appraise(unknown, endorsements, referenceFor(platform), { reportData }, now)
    expect(result).toMatchObject({ status: 'contraindicated', tee: 'unknown', reasons: ['unsupported-evidence'] })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no measurement', { snp: { roots: [], measurements: [] } }],
    ['an unknown field', { snp: { roots: [], measurements: [] }, anything: true }],
  ])('reference values with %s accept nothing', async (_, reference) => {
    const { evidence, endorsements } = await evidenceOf(platform)
    const result = await appraise(evidence, endorsements, reference as ReferenceValuesInput, { reportData }, now)
    expect(result).toMatchObject({ status: 'contraindicated', reasons: ['invalid-reference-values'] })
  })

  it('a clock that shows no time accepts nothing', async () => {
    const { evidence, endorsements } = await evidenceOf(platform)
    const result = await appraise(evidence, endorsements, referenceFor(platform), { reportData }, new Date(Number.NaN))
    expect(result).toMatchObject({ status: 'contraindicated', reasons: ['certificate-not-yet-valid', 'crl-not-yet-valid'] })
  })

  it('the same bytes and the same clock give the same result, and it is JSON', async () => {
    const { evidence, endorsements } = await evidenceOf(platform)
    const once = await appraise(evidence, endorsements, referenceFor(platform), { reportData }, now)
    const again = await appraise(evidence, endorsements, referenceFor(platform), { reportData }, now)
    expect(again).toEqual(once)
    expect(JSON.parse(JSON.stringify(once))).toEqual(once)
  })

  it('evidence is named by the hash of its bytes', async () => {
    const { evidence } = await evidenceOf(platform)
    expect(evidenceId(evidence)).toBe(`sha256:${createHash('sha256').update(evidence.report).digest('hex')}`)
    expect(evidenceId({ tee: 'snp', report: evidence.report.with(0, 9) })).not.toBe(evidenceId(evidence))
  })
})
