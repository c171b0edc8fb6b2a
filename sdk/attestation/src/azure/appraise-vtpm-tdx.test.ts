import { beforeAll, describe, expect, it } from 'vitest'
import type { AttestationReason } from '../result.ts'
import type { SimulatedTdxPlatform } from '../simulator/tdx/platform.ts'
import { tdxCheckNames } from '../tdx/checks/names.ts'
import { azureFaults } from '../testing/azure-faults/all.ts'
import { appraiseTdxIn, createTdxPlatform } from '../testing/simulated-tdx-evidence.ts'
import { appraiseParavisedTdx, type ParavisedTdxSituation } from '../testing/simulated-tdx-vtpm.ts'
import { type VtpmCheckName, vtpmCheckNames } from './check-names.ts'
import { hclOffsets } from './hcl-layout.ts'

let platform: SimulatedTdxPlatform
beforeAll(async () => {
  platform = await createTdxPlatform()
})

const withVtpm = [...tdxCheckNames.filter((name) => name !== 'report-data'), ...vtpmCheckNames, 'report-data']

interface Fault extends ParavisedTdxSituation {
  readonly when: string
  readonly check: VtpmCheckName | 'report-data'
  readonly reason: AttestationReason
}

/** Those that change nothing but what the paravisor adds are the same for any hardware: one for each reason. */
const shared: readonly Fault[] = azureFaults
  .filter(({ overrides, change, vtpm }) => !overrides && !change && !vtpm?.kept)
  .filter(({ reason }, index, all) => all.findIndex((other) => other.reason === reason) === index)
  .map(({ when, check, reason, reference, vtpm = {}, ...asked }) => ({
    ...{ when, check, reason, vtpm },
    ...(reference === undefined ? {} : { paravisor: reference.paravisor ?? null }),
    ...(asked.reportData === undefined ? {} : { reportData: asked.reportData }),
  }))

const keptFlipped = (when: string, at: number): Fault => ({
  when: `the paravisor kept a report of another ${when}`,
  check: 'runtime-data',
  reason: 'runtime-data-mismatch',
  vtpm: { kept: (report) => report.with(at, (report[at] ?? 0) ^ 1) },
})

const faults: readonly Fault[] = [
  keptFlipped('report data', 128 + 63),
  keptFlipped('module', 264),
  keptFlipped('attributes of the module', 264 + 119),
  keptFlipped('TD', 512 + 16),
  keptFlipped('boot', 512 + 399),
  {
    when: 'something stands behind the report that the paravisor kept',
    check: 'hcl-report',
    reason: 'hcl-report-malformed',
    vtpm: { kept: (report) => Uint8Array.of(...report, 1) },
  },
  {
    when: 'it is for SEV-SNP',
    check: 'hcl-report',
    reason: 'hcl-report-malformed',
    vtpm: { hclReport: (report) => report.with(hclOffsets.reportType, 2) },
  },
  {
    when: 'the hardware vouches for other runtime data',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    overrides: { body: { reportData: new Uint8Array(64).fill(1, 0, 32) } },
  },
  {
    when: 'what its TPM says is left out',
    check: 'paravisor',
    reason: 'paravisor-missing',
    change: ({ vtpm: _, ...evidence }) => evidence,
  },
]

describe('a quote of a TD under a paravisor', () => {
  it.each([4, 5] as const)(
    'of version %i that is perfect is a warning, and the result says whose paravisor it is',
    async (version) => {
      const result = await appraiseParavisedTdx(platform, { version })
      expect(result.reasons).toEqual([])
      expect(result).toMatchObject({ status: 'warning', tee: 'tdx', paravisor: 'azure', waivers: ['paravisor'] })
      expect(result.checks.map((check) => check.name)).toEqual(withVtpm)
    },
  )

  it('has no other checks than ever where nobody speaks of a paravisor', async () => {
    const result = await appraiseTdxIn(platform)
    expect(result.checks.map((check) => check.name)).toEqual(tdxCheckNames)
    expect(result).toMatchObject({ status: 'affirming', paravisor: null })
  })

  it.each([...shared, ...faults])(
    'is refused by one rule alone: $check: $when → $reason',
    async ({ check, reason, ...situation }) => {
      const result = await appraiseParavisedTdx(platform, situation)
      expect(result.reasons).toEqual([reason])
      expect(result.checks.filter((c) => c.verdict === 'failed').map((c) => c.name)).toEqual([check])
      expect(result.status).toBe('contraindicated')
    },
  )

  it('that cannot be read names every check, and looked at no other than the first', async () => {
    const result = await appraiseParavisedTdx(platform, { change: (evidence) => ({ ...evidence, quote: new Uint8Array(9) }) })
    expect(new Set(result.checks.map(({ name }) => name))).toEqual(new Set(withVtpm))
    expect(result.checks.filter(({ verdict }) => verdict !== 'skipped')).toMatchObject([{ name: 'structure' }])
  })
})

it('and there is such evidence for every check', () => {
  expect(new Set([...shared, ...faults].map(({ check }) => check))).toEqual(new Set([...vtpmCheckNames, 'report-data']))
})
