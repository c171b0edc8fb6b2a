import { beforeAll, describe, expect, it } from 'vitest'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import { appraiseIn, createPlatform } from '../testing/simulated-evidence.ts'
import { crlSeries, freshnessNumbersSchema, isAtLeastFloor, raiseFloors } from './floors.ts'

const series = crlSeries('11'.repeat(32), '22'.repeat(32))
let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createPlatform()
})

describe('floors', () => {
  it('only rise', () => {
    expect(raiseFloors({}, { [series]: '9' })).toEqual({ [series]: '9' })
    expect(raiseFloors({ [series]: '9' }, { [series]: '10' })).toEqual({ [series]: '10' })
    expect(raiseFloors({ [series]: '10' }, { [series]: '9' })).toEqual({ [series]: '10' })
  })

  it('are apart for each root and each issuer', () => {
    const other = crlSeries('11'.repeat(32), '33'.repeat(32))
    expect(isAtLeastFloor({ [series]: '9' }, other, 1n)).toBe(true)
    expect(isAtLeastFloor({ [series]: '9' }, series, 8n)).toBe(false)
  })

  it('know nothing of what every object inherits', () => {
    expect(isAtLeastFloor({}, 'constructor', 0n)).toBe(true)
  })

  it('that were tampered with let nothing pass', () => {
    for (const floor of ['', ' ', '-1', '0x1', '1e1', '00', 'x', '9'.repeat(51)]) {
      expect(isAtLeastFloor({ [series]: floor }, series, 10n ** 60n)).toBe(false)
    }
  })

  it('are read from decimal numbers only', () => {
    for (const number of ['-1', '1e3', '01', '', ' 1', '9'.repeat(51)]) {
      expect(freshnessNumbersSchema.safeParse({ [series]: number }).success).toBe(false)
    }
    expect(freshnessNumbersSchema.safeParse({ __proto__x: '1' }).success).toBe(false)
  })
})

describe('an appraisal', () => {
  it('tells the numbers of what it accepted, and accepts them again', async () => {
    const first = await appraiseIn(platform)
    expect(Object.values(first.observed)).toEqual(['1'])
    expect(freshnessNumbersSchema.parse(first.observed)).toEqual(first.observed)
    expect((await appraiseIn(platform, { floors: () => first.observed })).status).toBe('affirming')
  })

  it('tells none of what it refused: nobody raises the floor of others with evidence that does not hold', async () => {
    const refused = await appraiseIn(platform, { overrides: { report: { policy: 0xb_0000n } } })
    expect(refused).toMatchObject({ reasons: ['debug-enabled'] })
    expect(refused.observed).toEqual({})
  })
})
