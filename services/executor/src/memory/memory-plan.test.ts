import { describe, expect, it } from 'vitest'
import { planMemory } from './memory-plan.ts'

const mebi = 2 ** 20
const limits = { processMiB: 1000, resultBytes: 100 * mebi, keptMiB: 0 }
const there = { machineBytes: 8000 * mebi, scratchBytes: 4000 * mebi }

const refusal = (change: Partial<Parameters<typeof planMemory>[0]>, machine = there) => {
  try {
    planMemory({ ...limits, ...change }, machine)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe('what runs may take', () => {
  it('is three quarters of the machine unless told, and what one may decrypt is what that or the file system leaves it', () => {
    const plan = planMemory(limits, there)
    expect(plan.totalBytes).toBe(6000 * mebi)
    expect(plan.processBytes + plan.resultBytes + plan.datasetBytes).toBe(5000 * mebi)
    const small = planMemory(limits, { ...there, scratchBytes: 1000 * mebi })
    expect(small.resultBytes + small.datasetBytes).toBe(1000 * mebi)
  })

  it('has room for the result twice, plain and sealed, with its padding', () => {
    expect(planMemory(limits, there).resultBytes).toBeGreaterThanOrEqual(225 * mebi)
  })

  it('is less by what is kept between runs, which is a quarter at most', () => {
    const plan = planMemory({ ...limits, keptMiB: 500 }, there)
    expect([plan.keptBytes, plan.totalBytes]).toEqual([500 * mebi, 5500 * mebi])
    expect(plan.resultBytes + plan.datasetBytes).toBe(3500 * mebi)
    expect(planMemory({ ...limits, keptMiB: 5000 }, there).keptBytes).toBe(1000 * mebi)
  })

  it('is never more than there is, and enough for one run', () => {
    expect(refusal({ memoryMiB: 8001 })).toMatch(/more than the machine has/)
    expect(refusal({ memoryMiB: 3000, scratchMiB: 2001 })).toMatch(/scratchMiB/)
    expect(refusal({ scratchMiB: 4001 })).toMatch(/scratchMiB/)
    expect(refusal({ memoryMiB: 1200 })).toMatch(/no room for data/)
    expect(refusal({ scratchMiB: 200 })).toMatch(/no room for data/)
    expect(refusal({ memoryMiB: 900 })).toMatch(/no room for data/)
    expect(refusal({ memoryMiB: 3000, scratchMiB: 2000 })).toBeUndefined()
  })
})
