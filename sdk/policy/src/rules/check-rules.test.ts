import type { AnalysisRule } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlotInput } from '../analysis/slots.ts'
import { createGuard, type Guard } from '../guard.ts'
import { type Database, openDatabase, readable } from '../testing/data.ts'
import { slots } from '../testing/slots.ts'

let guard: Guard
let database: Database
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase()
})
afterAll(async () => {
  database.close()
  await guard.close()
})

const owners: Readonly<Record<string, string>> = {
  patients: 'clinic',
  pupils: 'school',
  airports: 'geography',
  strikes: 'wildlife',
}
type Changes = Readonly<Record<string, Partial<AnalysisRule>>>

/** The six datasets, each with its owner and with what its rule says beside. */
function ruled(changes: Changes): readonly SlotInput[] {
  return slots.map((slot) => {
    const owner = owners[slot.id]
    return { ...slot, rule: { ...slot.rule, ...changes[slot.id] }, ...(owner === undefined ? {} : { owner }) }
  })
}

function check(sql: string, changes: Changes = {}) {
  return guard.check({ sql, parameters: [], values: {}, slots: ruled(changes) })
}

/** `allowed`, or the reason's code and message. */
async function verdictOn(sql: string, changes: Changes = {}): Promise<string> {
  const verdict = await check(sql, changes)
  return verdict.verdict === 'allowed' ? 'allowed' : verdict.reasons.map((r) => `${r.code}: ${r.message}`).join()
}

const alone = 'SELECT count(*) AS n FROM patients'
const withPupils = 'SELECT count(*) AS n FROM patients p JOIN pupils q ON p.person = q.pupil'
const withAirports = 'SELECT count(*) AS n FROM patients p JOIN airports a ON p.region = a.state'
const keepingAll = 'SELECT count(*) AS n FROM patients p LEFT JOIN airports a ON p.region = a.state'
const withBoth = `${withPupils} JOIN airports a ON q.school = a.name`

describe('joins that a rule asks for', () => {
  const any: Changes = { patients: { join: { condition: 'any' } } }
  const anyOf = (...members: string[]): Changes => ({ patients: { join: { condition: 'any', with: members } } })
  const allOf = (...members: string[]): Changes => ({ patients: { join: { condition: 'all', with: members } } })
  const required = 'join-required: the rule of patients asks for an inner join with a dataset of'

  test.each([
    ['any other member, alone', alone, any, `${required} another member`],
    ['any other member, joined', withPupils, any, 'allowed'],
    ['any of two, joined with one', withPupils, anyOf('school', 'geography'), 'allowed'],
    ['any of two, joined with a third', withPupils, anyOf('wildlife', 'geography'), `${required} one of geography, wildlife`],
    ['all of two, joined with one', withPupils, allOf('school', 'geography'), `${required} each of geography, school`],
    ['all of two, joined with both, one through the other', withBoth, allOf('school', 'geography'), 'allowed'],
    ['one member, in a join that keeps rows without a partner', keepingAll, anyOf('geography'), `${required} one of geography`],
    ['one member, in a join that keeps none', withAirports, anyOf('geography'), 'allowed'],
  ])('%s', async (_, sql, changes, verdict) => {
    expect(await verdictOn(sql, changes)).toBe(verdict)
  })

  test('are met through rows picked before an outer join, as far as every row has a partner', async () => {
    const before = (inner: string) => `SELECT count(*) AS n FROM states t LEFT JOIN (${inner} WHERE p.age > 3) s ON t.code = s.r`
    const joined = before('SELECT p.region AS r FROM patients p JOIN airports a ON p.region = a.state')
    expect(await verdictOn(joined, allOf('geography'))).toBe('allowed')
    expect(await verdictOn(joined, allOf('atlas'))).toBe(`${required} each of atlas`)
    const later = `${before('SELECT p.region AS r FROM patients p')} JOIN airports b ON s.r = b.state`
    expect(await verdictOn(later, allOf('geography'))).toBe('allowed')
    expect(await verdictOn(later, allOf('atlas'))).toBe(`${required} each of atlas`)
    expect(await verdictOn(joined, { patients: { join: { condition: 'blocked' } } })).toContain('allows no join with another')
  })

  test('hold in every block that reads the dataset', async () => {
    const sql = `WITH a AS (${withPupils}), b AS (${alone}) SELECT a.n, b.n AS m FROM a CROSS JOIN b`
    expect(await verdictOn(sql, anyOf('school'))).toContain('join-required')
  })

  test('are not met by datasets of nobody known, nor by its own owner', async () => {
    const nobody = ruled(any).map(({ owner: _, ...slot }) => slot)
    const unknown = await guard.check({ sql: withPupils, parameters: [], values: {}, slots: nobody })
    expect(unknown).toMatchObject({ reasons: [{ code: 'join-required' }] })
    const orphan = ruled(any).map((slot) => (slot.id === 'patients' ? (({ owner: _, ...rest }) => rest)(slot) : slot))
    const orphaned = await guard.check({ sql: withPupils, parameters: [], values: {}, slots: orphan })
    expect(orphaned).toMatchObject({ reasons: [{ code: 'join-required' }] })
    const own = ruled(any).map((slot) => ({ ...slot, owner: 'clinic' }))
    const same = await guard.check({ sql: withPupils, parameters: [], values: {}, slots: own })
    expect(same).toMatchObject({ reasons: [{ code: 'join-required' }] })
  })
})

describe('joins that a rule blocks', () => {
  const blocked: Changes = { patients: { join: { condition: 'blocked' } } }
  const refused = 'join-not-allowed: the rule of patients allows no join with another dataset'

  test.each([
    ['the dataset alone', alone, 'allowed'],
    ['with a protected dataset', withPupils, refused],
    ['with a public dataset', withAirports, refused],
    ['with a list of another dataset to compare with', `${alone} WHERE region IN (SELECT state FROM airports)`, refused],
    [
      'with a value that stands two blocks away from another dataset',
      `WITH a AS (SELECT count(*) AS n FROM airports), b AS (SELECT n FROM a) ${alone} WHERE age > (SELECT n FROM b)`,
      refused,
    ],
    ['with a value of its own', `${alone} WHERE age > (SELECT avg(age) FROM patients)`, 'allowed'],
    [
      'with released rows, which are anybody’s',
      `SELECT x.n, y.n AS m FROM (${alone}) x, (SELECT count(*) AS n FROM pupils) y`,
      'allowed',
    ],
  ])('%s', async (_, sql, verdict) => {
    expect(await verdictOn(sql, blocked)).toBe(verdict)
  })

  test('another dataset that blocks them counts as well', async () => {
    expect(await verdictOn(withPupils, { pupils: { join: { condition: 'blocked' } } })).toContain('the rule of pupils')
  })

  test('several equalities at once need the operator and', async () => {
    const two = `${withAirports} AND p.person = a.rank`
    const only = (...operators: ('and' | 'or')[]): Changes => ({ patients: { join: { condition: 'notRequired', operators } } })
    expect(await verdictOn(two)).toBe('allowed')
    expect(await verdictOn(two, only('and', 'or'))).toBe('allowed')
    expect(await verdictOn(two, only('or'))).toBe('join-not-allowed: the rules do not allow a join on several equalities at once')
    expect(await verdictOn(withAirports, only('or'))).toBe('allowed')
  })
})

describe('kinds of queries', () => {
  test('a dataset for overlaps alone is not aggregated, a public one may stand beside any', async () => {
    const overlap: Changes = { patients: { modes: ['overlap'] } }
    expect(await verdictOn(alone, overlap)).toMatch(/^mode-not-allowed/)
    expect(await verdictOn(withPupils, overlap)).toMatch(/^mode-not-allowed/)
    expect(await verdictOn(withAirports, { airports: { modes: ['overlap'] } })).toBe('allowed')
  })

  test('an approved query of one dataset may read another of which any may run', async () => {
    expect(await verdictOn(withPupils, { patients: { modes: ['template'] } })).toBe('allowed')
  })
})

test('a dataset whose owner asks for noise gives no results without it', async () => {
  const noise: Changes = {
    patients: {
      differentialPrivacy: {
        epsilonBudget: 1,
        deltaBudget: 0,
        maxEpsilonPerQuery: 1,
        mechanism: 'discreteLaplace',
        accounting: 'basic',
        refresh: 'never',
      },
    },
  }
  expect(await verdictOn(alone, noise)).toBe(
    'privacy-missing: the rule of patients asks for noise: say what the query spends, an epsilon of 1 at most',
  )
  expect(await verdictOn(withPupils, noise)).toMatch(/^privacy-missing: the rule of patients asks for noise/)
  expect(await verdictOn('SELECT count(*) AS n FROM pupils', noise)).toBe('allowed')
})

describe('functions that rules add', () => {
  const near = `SELECT count(*) AS n FROM patients WHERE levenshtein(region, 'Region 1') <= 1`
  const adds = { scalarFunctions: ['levenshtein'] }

  test('run where the rule of each dataset read adds them, with the value that DuckDB gives', async () => {
    const verdict = await check(near, { patients: adds })
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    expect(readable(await database.query(verdict.rewrittenSql))).toEqual(readable(await database.query(near)))
  })

  test('are refused where one does not, with the place', async () => {
    expect(await check(near)).toMatchObject({
      reasons: [{ code: 'function-not-allowed', message: expect.stringContaining('rules of patients do not'), at: { line: 1 } }],
    })
    const joined = `${withPupils} WHERE levenshtein(p.region, 'Region 1') <= 1`
    expect(await verdictOn(joined, { patients: adds })).toContain('the rules of pupils do not add it')
    expect(await verdictOn(joined, { patients: adds, pupils: adds })).toBe('allowed')
    const released = `SELECT levenshtein(r, 'x') AS d FROM (SELECT region AS r, count(*) AS n FROM patients GROUP BY 1) t`
    expect(await verdictOn(released)).toMatch(/^function-not-allowed/)
  })

  test('are those that were judged', async () => {
    const fault = 'rule-invalid: the rule of patients: scalarFunctions: getenv is no function that can be added'
    expect(await verdictOn(alone, { patients: { scalarFunctions: ['getenv'] } })).toContain(fault)
  })
})

describe('limits of several rules', () => {
  const output = (change: Partial<AnalysisRule['output']>) => ({ output: { minimumGroupSize: 5, maxRows: 100, ...change } })

  test('stand composed in the plan and in the report', async () => {
    const verdict = await check(withPupils, {
      patients: { ...output({ rounding: 1.5, maxBytes: 9000 }), results: { recipients: ['analyst', 'clinic'] } },
      pupils: { ...output({ rounding: 2, minimumGroupSize: 9, maxBytes: 7000, complementarySuppression: true }) },
    })
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    const limits = { minimumGroupSize: 9, maxRows: 100, maxBytes: 7000, rounding: '6', complementarySuppression: true }
    expect(verdict.plan).toMatchObject({ ...limits, recipients: ['analyst', 'clinic'] })
    expect(verdict.report.restrictions).toMatchObject(limits)
  })

  test('without a rounding that both are multiples of are refused', async () => {
    const changes: Changes = { patients: output({ rounding: 999_999_999 }), pupils: output({ rounding: 999_999_998 }) }
    expect(await verdictOn(withPupils, changes)).toBe(
      'rule-invalid: the roundings of patients, pupils have no common multiple; agree on one',
    )
  })
})

test('a rule that is not well formed is explained', async () => {
  const [first] = ruled({ flights: { columns: { delay: { aggregate: ['sum'] } } } })
  const verdict = await guard.check({ sql: alone, parameters: [], values: {}, slots: first === undefined ? [] : [first] })
  expect(verdict).toMatchObject({
    reasons: [
      { code: 'rule-invalid', message: 'the rule of flights: columns.delay.bounds: sum needs bounds; add bounds: [low, high]' },
    ],
  })
})
