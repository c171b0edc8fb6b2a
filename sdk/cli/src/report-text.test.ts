import { checkQuery } from '@reinraum/client'
import type { SlotInput } from '@reinraum/policy'
import { expect, test } from 'vitest'
import { guardJson } from './guard-text.ts'
import { reportText } from './report-text.ts'

const slot: SlotInput = {
  id: 'visits',
  schema: {
    columns: [
      { name: 'person', type: 'BIGINT' },
      { name: 'district', type: 'VARCHAR' },
    ],
  },
  rule: {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: { column: 'person', maxRowsPerUnit: 3, maxGroupsPerUnit: 3 },
    columns: { district: { dimension: true, domain: ['north', 'south'] } },
    output: { minimumGroupSize: 20, maxRows: 100 },
    differentialPrivacy: {
      ...{ epsilonBudget: 10, deltaBudget: 0, maxEpsilonPerQuery: 5 },
      ...{ mechanism: 'discreteLaplace', accounting: 'basic', refresh: 'never' },
    },
    approvals: { by: ['health'], threshold: 'all' },
  },
}
const query = {
  sql: 'SELECT district, count(*) AS visits FROM visits GROUP BY district',
  parameters: [],
  privacy: { epsilon: 1, delta: 0 },
}

async function verdictOn(own: SlotInput) {
  const verdict = await checkQuery([own], query)
  return verdict.verdict === 'allowed' ? verdict : expect.fail()
}

test('who decides reads when a group comes out, also by its rows where the owner states how many a unit has', async () => {
  const byUnits = 'each row   has at least 20 privacy units by their noisy number'
  const left = '; other groups are left out. Of the groups: the 2 declared groups alone can come out\n'
  expect(reportText((await verdictOn(slot)).report)).toContain(`${byUnits}${left}`)
  expect(reportText((await verdictOn({ ...slot, rowsPerUnit: 3 })).report)).toContain(
    `${byUnits}, or 60 rows by theirs, which are of 20 units by what the owner states${left}`,
  )
})

test('programs are told all that is read for noise, also the units of some groups', async () => {
  const unitsOf = async (own: SlotInput) => {
    const told = guardJson(await verdictOn(own))
    return 'noise' in told ? told.noise.map(({ units }) => units) : expect.fail()
  }
  expect(await unitsOf(slot)).toEqual([null])
  expect(await unitsOf({ ...slot, rowsPerUnit: 3 })).toEqual([expect.stringContaining('count(DISTINCT')])
})
