import { describe, expect, it } from 'vitest'
import { afterRelaunchCheck, converge, type TcbStatus, tcbStatuses } from './tcb-status.ts'

/** What Intel's TCB info can say of a platform, of a module, and what its identity can say of a quoting enclave. */
const platforms = tcbStatuses.filter((status) => !status.startsWith('TDRelaunch'))
const modules = ['UpToDate', 'OutOfDate', 'Revoked'] as const
const enclaves = ['UpToDate', 'ConfigurationNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded', 'Revoked'] as const

/** Intel's own table: a platform where a component is good, out of date, or revoked. */
const known: readonly (readonly [TcbStatus, TcbStatus, TcbStatus])[] = [
  // platform, with a good component, with one that is out of date
  ['UpToDate', 'UpToDate', 'OutOfDate'],
  ['SWHardeningNeeded', 'SWHardeningNeeded', 'OutOfDate'],
  ['ConfigurationNeeded', 'ConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
  ['ConfigurationAndSWHardeningNeeded', 'ConfigurationAndSWHardeningNeeded', 'OutOfDateConfigurationNeeded'],
  ['OutOfDate', 'OutOfDate', 'OutOfDate'],
  ['OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
  ['Revoked', 'Revoked', 'Revoked'],
]

describe('platform, module and quoting enclave', () => {
  it('are all of the combinations that Intel knows', () => {
    expect(known.map(([platform]) => platform).sort()).toEqual([...platforms].sort())
  })

  it.each(known)('%s stays so among good parts', (platform, good) => {
    expect(converge([platform, 'UpToDate', 'UpToDate'])).toBe(good)
  })

  it.each(known)('%s with a part that is out of date converges as Intel converges it', (platform, _, outOfDate) => {
    expect(converge([platform, 'OutOfDate', 'UpToDate'])).toBe(outOfDate)
    expect(converge([platform, 'UpToDate', 'OutOfDate'])).toBe(outOfDate)
    expect(converge([platform, 'OutOfDate', 'OutOfDate'])).toBe(outOfDate)
  })

  it.each(known)('%s with a part that is revoked is revoked', (platform) => {
    for (const other of enclaves) expect(converge([platform, 'Revoked', other])).toBe('Revoked')
    for (const other of modules) expect(converge([platform, other, 'Revoked'])).toBe('Revoked')
  })

  it.each(known)('%s is never made better by a part', (platform) => {
    for (const module of modules) {
      for (const enclave of enclaves) {
        const all = converge([platform, module, enclave])
        expect(all === 'UpToDate').toBe([platform, module, enclave].every((status) => status === 'UpToDate'))
        expect(all === 'Revoked').toBe([platform, module, enclave].includes('Revoked'))
        if (all !== 'Revoked') {
          const says = (word: string) => [platform, module, enclave].some((status) => status.includes(word))
          expect([all.includes('OutOfDate'), all.includes('Configuration')]).toEqual([says('OutOfDate'), says('Configuration')])
        }
      }
    }
  })

  it('a quoting enclave that needs configuration is not forgotten', () => {
    expect(converge(['UpToDate', 'UpToDate', 'ConfigurationNeeded'])).toBe('ConfigurationNeeded')
    expect(converge(['SWHardeningNeeded', 'UpToDate', 'ConfigurationNeeded'])).toBe('ConfigurationAndSWHardeningNeeded')
    expect(converge(['UpToDate', 'UpToDate', 'OutOfDateConfigurationNeeded'])).toBe('OutOfDateConfigurationNeeded')
  })
})

describe('a TD that runs under another module than it was launched under', () => {
  const outOfDate = ['OutOfDate', 'OutOfDateConfigurationNeeded'] as const
  const inOrder = ['UpToDate', 'SWHardeningNeeded', 'ConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded'] as const

  it.each(outOfDate.flatMap((launch) => inOrder.map((current) => [launch, current] as const)))(
    'launched under %s, running under %s, is advised to launch again',
    (launch, current) => {
      const configuration = launch.includes('Configuration') || current.includes('Configuration')
      expect(afterRelaunchCheck(launch, current)).toBe(
        configuration ? 'TDRelaunchAdvisedConfigurationNeeded' : 'TDRelaunchAdvised',
      )
    },
  )

  it.each(platforms)('%s under both stays so', (status) => {
    expect(afterRelaunchCheck(status, status)).toBe(status)
  })

  it.each(platforms.filter((status) => !status.startsWith('OutOfDate')))('%s stays so under a module that is good', (launch) => {
    expect(afterRelaunchCheck(launch, 'UpToDate')).toBe(launch)
  })

  it('is never better than the module that it runs under', () => {
    expect(afterRelaunchCheck('UpToDate', 'OutOfDate')).toBe('OutOfDate')
    expect(afterRelaunchCheck('UpToDate', 'Revoked')).toBe('Revoked')
    expect(afterRelaunchCheck('OutOfDate', 'Revoked')).toBe('Revoked')
    expect(afterRelaunchCheck('OutOfDate', 'OutOfDateConfigurationNeeded')).toBe('OutOfDateConfigurationNeeded')
  })
})
