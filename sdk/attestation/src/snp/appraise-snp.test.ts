import { toHex } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import { snpFaults } from '../testing/faults/all.ts'
import { type Fault, tcb } from '../testing/faults/fault.ts'
import { appraiseIn, createPlatform, measurement, reportData } from '../testing/simulated-evidence.ts'
import { authentic } from './checks/authentic.ts'
import { type SnpCheckName, snpCheckNames } from './checks/names.ts'

let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createPlatform()
})

function faultOf(name: SnpCheckName): Fault {
  const fault = snpFaults.find(({ check }) => check === name)
  if (fault === undefined) throw new Error('there is a fault for every check')
  return fault
}

describe('evidence that is perfect', () => {
  it('is affirming, with no check failed, and says that no hardware signed it', async () => {
    const result = await appraiseIn(platform)
    expect(result).toMatchObject({ status: 'affirming', hardware: false, tee: 'snp', reasons: [], waivers: [] })
    expect(result.checks.map((check) => check.name)).toEqual(snpCheckNames)
    expect(result.checks.filter((check) => check.verdict === 'failed')).toEqual([])
    expect(result.claims).toMatchObject({
      product: 'Genoa',
      measurement,
      reportData: toHex(reportData),
      signedBy: 'VCEK',
      tcb: { reported: tcb },
    })
    expect(result.trustVector).toMatchObject({
      'instance-identity': 2,
      executables: 2,
      configuration: 2,
      'runtime-opaque': 2,
      hardware: 0,
    })
  })
})

describe('evidence that is perfect but for one rule is refused by that rule alone', () => {
  it.each(snpFaults)('$check: $when → $reason', async ({ check, reason, ...situation }) => {
    const result = await appraiseIn(platform, situation)
    expect(result.reasons).toEqual([reason])
    expect(result.checks.filter((c) => c.verdict === 'failed').map((c) => c.name)).toEqual([check])
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false })
    expect(result.observed).toEqual({})
    expect(result.checks.map((c) => c.name)).toEqual(snpCheckNames)
  })

  it('and there is such evidence for every check', () => {
    expect(new Set([...snpFaults.map((c) => c.check), 'length'])).toEqual(new Set(snpCheckNames))
  })
})

describe('a claim is only shown where its author is proved', () => {
  // A report of another length has no fields to look at: hostile.test.ts.
  const onFields = authentic.filter((name) => name !== 'length')
  it.each(onFields)('nothing is claimed when %s fails, and nothing that the report says is looked at', async (name) => {
    const result = await appraiseIn(platform, faultOf(name))
    expect(result.claims).toBeNull()
    expect(result.trustVector.executables).toBe(99)
    expect(result.checks.find((check) => check.name === 'measurement')?.verdict).toBe('skipped')
  })

  it.each(snpCheckNames.filter((name) => !authentic.some((needed) => needed === name)))(
    'what the report says is shown when %s fails: it is known who says it',
    async (name) => {
      expect((await appraiseIn(platform, faultOf(name))).claims).toMatchObject({ tee: 'snp' })
    },
  )
})

it('two faults are both named', async () => {
  const result = await appraiseIn(platform, { overrides: { report: { vmpl: 2, policy: 0xb_0000n } } })
  expect(result.reasons).toEqual(['debug-enabled', 'vmpl-not-allowed'])
})
