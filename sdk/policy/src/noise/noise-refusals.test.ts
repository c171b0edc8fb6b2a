import type { Spending } from '@reinraum/privacy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { noisySlots } from '../testing/noisy-patients.ts'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

const some: Spending = { epsilon: 1, delta: 0 }

async function reasonFor(sql: string, changes: Parameters<typeof noisySlots>[0] = {}, privacy: Spending | undefined = some) {
  const verdict = await guard.check({ sql, parameters: [], values: {}, slots: noisySlots(changes), privacy })
  return verdict.verdict === 'allowed' ? 'allowed' : `${verdict.reasons[0]?.code}: ${verdict.reasons[0]?.message}`
}

const partners = 'patients p JOIN pupils q ON p.person = q.pupil'
const joined = `SELECT count(*) AS n FROM ${partners}`
const threshold = { pupils: {} }

const byRegion = 'SELECT region, count(*) AS n FROM patients GROUP BY region'

describe('a query with noise is refused before it runs', () => {
  test.each([
    ['where it does not say what it spends', byRegion, {}, undefined, 'privacy-missing', 'an epsilon of 1000 at most'],
    [
      'above what one query may spend',
      byRegion,
      { noise: { maxEpsilonPerQuery: 0.5 } },
      some,
      'privacy-over-maximum',
      'an epsilon of 0.5 fits',
    ],
    [
      'above the delta of the budget',
      byRegion,
      {},
      { epsilon: 1, delta: 0.001 },
      'privacy-over-maximum',
      'a delta of 0.000001 in all',
    ],
    [
      'for an amount that ledgers do not count',
      byRegion,
      {},
      { epsilon: 1e-7, delta: 0 },
      'privacy-malformed',
      'at most 6 places',
    ],
    ['for too little to be divided', byRegion, {}, { epsilon: 1e-6, delta: 0 }, 'privacy-too-small', 'spend more'],
    ['where nothing bounds the rows of a unit', byRegion, { unit: {} }, some, 'contribution-unbounded', 'maxRowsPerUnit'],
    [
      'where only groups are bounded and rows count',
      byRegion,
      { unit: { maxGroupsPerUnit: 1 } },
      some,
      'contribution-unbounded',
      'maxRowsPerUnit',
    ],
    ['without a domain and a delta', byRegion, { domain: undefined }, some, 'domain-missing', 'no domain of region'],
    [
      'where one of two groups has a domain',
      'SELECT region, age, count(*) AS n FROM patients GROUP BY 1, 2',
      {},
      some,
      'domain-missing',
      'no domain of age',
    ],
    [
      'by groups that are computed',
      'SELECT year(admitted) AS y, count(*) AS n FROM patients GROUP BY 1',
      {},
      some,
      'domain-missing',
      'an expression',
    ],
    ['with Gaussian noise and no delta', byRegion, { noise: { mechanism: 'discreteGaussian' } }, some, 'privacy-missing', '1e-9'],
    [
      'with rows that stay without a partner',
      'SELECT count(*) AS n FROM states s LEFT JOIN patients p ON s.code = p.region',
      {},
      some,
      'noise-not-available',
      'inner join',
    ],
    [
      'with a dataset that has a threshold, and totals',
      `SELECT region, count(*) AS n FROM ${partners} GROUP BY ROLLUP (region)`,
      threshold,
      some,
      'noise-not-available',
      'totals of a result could be subtracted',
    ],
    [
      'with a dataset that has a threshold, and something else',
      `${joined} UNION ALL SELECT count(*) AS n FROM patients`,
      threshold,
      some,
      'noise-not-available',
      'ask for each as a query of its own',
    ],
    [
      'for more groups than get noise in time',
      Array.from({ length: 6 }, () => 'SELECT count(*) AS n FROM patients GROUP BY region, smoker').join(' UNION ALL '),
      { domain: Array.from({ length: 10_000 }, (_, i) => `Region ${i}`) },
      some,
      'too-complex',
      'have 120000 groups together',
    ],
    [
      'for a delta that is too little for every threshold',
      'SELECT region, count(*) AS n FROM patients GROUP BY ROLLUP (region, smoker)',
      { domain: undefined },
      { epsilon: 1, delta: 1e-15 },
      'domain-missing',
      'no domain of region',
    ],
    [
      'with a dataset that compares exact results',
      joined,
      { pupils: { differencing: 'suppressRow' } },
      some,
      'noise-not-available',
      'pupils compares exact results',
    ],
    [
      'with a dataset that has a threshold, where rows of others stay',
      'SELECT count(*) AS n FROM patients p LEFT JOIN (SELECT pupil, sum(marks) AS m FROM pupils GROUP BY pupil) q ON p.person = q.pupil',
      threshold,
      some,
      'noise-not-available',
      'inner join',
    ],
    [
      'with a dataset that has a threshold on both sides of conditions',
      `SELECT count(*) FILTER (WHERE p.smoker) AS n FROM ${partners}`,
      threshold,
      some,
      'noise-not-available',
      'in WHERE',
    ],
    [
      'with a dataset that hides aggregates of which few lack the value',
      `SELECT avg(q.marks) AS n FROM ${partners}`,
      { pupils: { complementarySuppression: true } },
      some,
      'noise-not-available',
      'count rows or units only',
    ],
    [
      'with more tables than a receipt has room for',
      Array.from(
        { length: 4 },
        () => `SELECT count(*) AS n FROM patients GROUP BY CUBE (region, smoker, age, year(admitted), month(admitted))`,
      ).join(' UNION ALL '),
      {},
      { epsilon: 1, delta: 1e-9 },
      'too-complex',
      'at most 100 noisy tables',
    ],
    [
      'of a variance over stacked registers',
      'SELECT var_pop(v) AS v FROM (SELECT age AS v FROM patients UNION ALL SELECT grade AS v FROM pupils) q',
      {},
      some,
      'noise-not-available',
      'that of each branch',
    ],
    [
      'with the name of an interval given away',
      'SELECT count(*) AS n, count(age) AS n_low FROM patients',
      {},
      some,
      'duplicate-column',
      'n_low',
    ],
  ] as const)('%s', async (_, sql, changes, privacy, code, words) => {
    const reason = await (privacy === undefined
      ? guard
          .check({ sql, parameters: [], values: {}, slots: noisySlots(changes) })
          .then((v) => (v.verdict === 'refused' ? `${v.reasons[0]?.code}: ${v.reasons[0]?.message}` : 'allowed'))
      : reasonFor(sql, changes, privacy))
    expect(reason).toContain(code)
    expect(reason).toContain(words)
    expect(reason).not.toBe('allowed')
  })
})

describe('a query with noise is allowed', () => {
  const rowsPerPerson =
    'SELECT count(*) AS n, avg(often) AS mean FROM (SELECT person, count(*) AS often FROM patients GROUP BY person) q'
  test.each([
    ['over declared groups', byRegion, {}, some],
    ['over groups of the data, for a delta', byRegion, { domain: undefined }, { epsilon: 1, delta: 1e-9 }],
    ['over the two values of a BOOLEAN', 'SELECT smoker, count(*) AS n FROM patients GROUP BY smoker', {}, some],
    ['of groups alone', 'SELECT region FROM patients GROUP BY region', {}, some],
    [
      'of units, where their groups are bounded',
      'SELECT region, count(DISTINCT person) AS n FROM patients GROUP BY region',
      { unit: { maxGroupsPerUnit: 1 } },
      some,
    ],
    ['with one row per unit, whatever the rule bounds', rowsPerPerson, { unit: {} }, some],
    [
      'over two datasets that both ask for it',
      'SELECT count(*) AS n, avg(q.marks) AS m FROM patients p JOIN pupils q ON p.person = q.pupil',
      {},
      some,
    ],
    [
      'where a rule asks for differencing too, which noise stands for',
      byRegion,
      { output: { differencing: 'suppressRow' } },
      some,
    ],
    ['over a dataset with a threshold beside it', joined, threshold, some],
    [
      'over units that a dataset with a threshold has',
      'SELECT count(*) AS n FROM patients WHERE person IN (SELECT pupil FROM pupils)',
      threshold,
      some,
    ],
    [
      'over a dataset that hides aggregates of which few lack the value, where there is none',
      joined,
      { pupils: { complementarySuppression: true } },
      some,
    ],
    [
      'with conditions',
      "SELECT count(*) FILTER (WHERE region = 'Region 1') AS n, sum(CASE WHEN smoker THEN cost END) AS c FROM patients",
      {},
      some,
    ],
    [
      'with a released layer above',
      `WITH a AS (${byRegion}) SELECT region, n / (SELECT sum(n) FROM a) AS share, rank() OVER (ORDER BY n) AS r FROM a`,
      {},
      some,
    ],
    [
      'beside a public list of groups, of which some may be left out',
      `SELECT s.code, a.n FROM states s LEFT JOIN (${byRegion}) a ON a.region = s.code`,
      {},
      some,
    ],
    [
      'with public values in its conditions',
      'SELECT count(*) AS n FROM patients WHERE region IN (SELECT code FROM states)',
      {},
      some,
    ],
  ] as const)('%s', async (_, sql, changes, privacy) => {
    expect(await reasonFor(sql, changes, privacy)).toBe('allowed')
  })
})
