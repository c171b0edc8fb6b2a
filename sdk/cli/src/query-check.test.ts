import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from './testing/run-in-process.ts'

let directory: string
const at = (name: string) => join(directory, name)
const check = (file: string, ...argv: readonly string[]) => runInProcess(['query', 'check', at(file), ...argv])
const both = () => [
  '--schema',
  at('tables.sql'),
  '--rule',
  `visits=${at('visits.yaml')}`,
  '--rule',
  `districts=${at('districts.yaml')}`,
]

const visits = `
version: 1
modes: [template]
privacyUnit: { column: person }
columns:
  person: { join: true }
  district: { dimension: true, join: true, filter: literal }
  cost: { aggregate: [avg, sum], bounds: [0, 1000], filter: literal }
output: { minimumGroupSize: 3, maxRows: 1000, rounding: 5, maxBytes: 100000 }
approvals: { by: [health], threshold: all }
`
const districts = `
version: 1
modes: [template]
privacyUnit: none
columns:
  code: { join: true, dimension: true, filter: any }
  name: { dimension: true, filter: any }
output: { minimumGroupSize: 2, maxRows: 500 }
approvals: { by: [survey], threshold: all }
`
const files = {
  'visits.yaml': visits,
  'districts.yaml': districts,
  'tables.sql': `CREATE TABLE visits (person VARCHAR, district VARCHAR, cost BIGINT, note VARCHAR);
    CREATE TABLE districts (code VARCHAR, name VARCHAR)`,
  'visits.sql': 'CREATE TABLE anything (person VARCHAR, district VARCHAR, cost BIGINT, note VARCHAR)',
  'good.sql': `SELECT d.name AS district, count(*) AS visits, avg(v.cost) AS mean_cost
    FROM visits v JOIN districts d ON v.district = d.code WHERE v.cost >= 10 GROUP BY 1 ORDER BY 1`,
  'bad.sql': "SELECT district,\n\tmin(cost) AS cheapest,\n  sum(nothing) AS s\nFROM visits\nWHERE note = 'x'\nGROUP BY district",
  'foreign.sql': 'SELECT "\u001b[2Jx\n✗ allowed" FROM visits',
  'noisy.yaml': `${visits.replace('column: person }', 'column: person, maxRowsPerUnit: 3, maxGroupsPerUnit: 1 }').replace('dimension: true, join', 'dimension: true, domain: [North, South], join')}
differentialPrivacy:
  { epsilonBudget: 10, deltaBudget: 0, maxEpsilonPerQuery: 2, mechanism: discreteLaplace, accounting: basic, refresh: never }
`,
  'noisy.sql': 'CREATE TABLE visits (person VARCHAR, district VARCHAR, cost BIGINT, note VARCHAR)',
  'counts.sql': 'SELECT district, count(*) AS visits, avg(cost) AS mean FROM visits GROUP BY district',
  'totals.sql': 'SELECT district, count(*) AS visits FROM visits GROUP BY ROLLUP (district)',
  'across.sql': 'SELECT district, count(*) AS visits FROM visits v JOIN jobs j ON v.person = j.person GROUP BY district',
  'jobs.yaml': visits.replace('  district: { dimension: true, join: true, filter: literal }\n', ''),
  'registers.sql': `CREATE TABLE visits (person VARCHAR, district VARCHAR, cost BIGINT, note VARCHAR);
    CREATE TABLE jobs (person VARCHAR, cost BIGINT)`,
  'broken.yaml': 'version: 1\nmodes: [template]\n',
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-check-'))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(at(name), text)))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('a query of a dataset that asks for noise', () => {
  const noisy = (...argv: readonly string[]) =>
    check('counts.sql', '--schema', at('noisy.sql'), '--rule', `visits=${at('noisy.yaml')}`, ...argv)

  it('shows what it spends, what noise that buys, and how far results will be off', async () => {
    const { out, exitCode } = await noisy('--epsilon', '1')
    expect(exitCode).toBe(0)
    expect(out).toContain('spends     an epsilon of 1 and a delta of 0, of each dataset that it reads')
    // a third of 1 for each output and the threshold, in halves for the mean; up to 3 rows, each up to 500 from the middle
    expect(out).toContain('rows all: discrete Laplace of scale 9; one unit moves it by at most 3')
    expect(out).toContain('sum cost: discrete Laplace of scale 9000; one unit moves it by at most 1500')
    expect(out).toContain('visits: off by 8.98 % of 100, 0.898 % of 1000, 0.0898 % of 10000 units; 95 % intervals beside it')
    expect(out).toMatch(/visits BIGINT\n\s+visits_low BIGINT\n\s+visits_high BIGINT/)
    expect(out).toContain('with noise, rounded to multiples of 5')
  })

  it('says of each grouping what noise it gets of what is spent together', async () => {
    const { out, exitCode } = await check(
      'totals.sql',
      '--schema',
      at('noisy.sql'),
      '--rule',
      `visits=${at('noisy.yaml')}`,
      '--epsilon',
      '1',
    )
    expect(exitCode).toBe(0)
    const squeezed = out.replaceAll(/\n +/g, '\n')
    // a quarter of 1 for the count and the threshold of each
    for (const by of ['all rows', 'by district'])
      expect(squeezed).toContain(`result, ${by}:\nrows all: discrete Laplace of scale 12; one unit moves it by at most 3`)
    expect(squeezed).toContain('result, all rows:\nhas at least 3 privacy units by their noisy number')
  })

  it('says that a dataset without noise has its threshold with a margin', async () => {
    const rules = ['--rule', `visits=${at('noisy.yaml')}`, '--rule', `jobs=${at('jobs.yaml')}`]
    const { out, exitCode } = await check('across.sql', '--schema', at('registers.sql'), ...rules, '--epsilon', '2')
    expect(exitCode).toBe(0)
    expect(out).toContain('has at least 16 privacy units by their noisy number')
    expect(out).toContain(
      'has at least 3 exactly, and so many with a value behind each number, but with a chance of one in a million',
    )
  })

  it('says the same to programs', async () => {
    const { out } = await noisy('--epsilon', '1', '--json')
    expect(JSON.parse(out)).toMatchObject({
      report: { noise: { epsilon: 1, delta: 0, cells: [{ declaredGroups: 2, leastUnits: 3, tau: null }] } },
    })
  })

  it('is refused without a word on what it spends, or with more than fits', async () => {
    expect((await noisy()).out).toContain('say what the query spends, an epsilon of 2 at most (privacy-missing)')
    expect((await noisy('--epsilon', '3')).out).toContain('an epsilon of 2 fits (privacy-over-maximum)')
  })
})

describe('a query checked without any contract', () => {
  it('that is allowed shows what approvers read, and what runs', async () => {
    const { exitCode, out } = await check('good.sql', ...both())
    expect(exitCode).toBe(0)
    const squeezed = out.replaceAll(/ +/g, ' ')
    for (const text of [
      'visits: protects each person; at least 3 in a group',
      'joined on district',
      'filtered by cost',
      'districts: public reference data',
      'grouped by name',
      'stands for at least 3 different privacy units',
      'rounded to multiples of 5',
      'at most 500 rows and 100000 bytes',
      'A JOIN CAN REPEAT ROWS',
      'when those have approved it',
      'district VARCHAR\n visits BIGINT\n mean_cost',
      'can be subtracted from each other',
      '\nWhat will run:\n WITH ',
      '\n LIMIT 500',
    ])
      expect(squeezed).toContain(text)
  })

  it('that is refused shows where, why, and what to change, for all that is wrong', async () => {
    const { exitCode, out } = await check('bad.sql', ...both())
    expect(exitCode).toBe(2)
    const [head, ...reasons] = out.trimEnd().split('\n\n')
    expect(head).toBe('refused')
    expect(reasons).toHaveLength(3)
    expect(reasons.find((reason) => reason.includes('2:2 '))?.split('\n')).toEqual([
      expect.stringMatching(/^ {2}✗ 2:2 .*min.* \(aggregate-not-allowed\)$/),
      '    2 │  min(cost) AS cheapest,',
      '      │  ^',
      expect.stringMatching(/^ {4}Use an aggregate .*\.$/),
    ])
    expect(reasons.join('\n')).toContain('    5 │ WHERE note = ')
  })

  it.each<[string, string, readonly string[], readonly string[]]>([
    [
      'the guard alone',
      'modes: [aggregation]',
      ['runs without approval', 'computed from totals of the same result'],
      ['approved'],
    ],
    ['an owner who lets totals tell', 'modes: [aggregation]', ['may be computable from totals'], ['further rows are left out']],
    ['approvers', 'modes: [template, overlap]', ['whom the rules of visits name'], ['without approval']],
  ])('says what the rules of its datasets ask together: %s', async (who, modes, says, saysNot) => {
    const open = who.includes('totals') ? visits.replace('rounding', 'complementarySuppression: false, rounding') : visits
    await writeFile(at('own.yaml'), open.replace('modes: [template]', modes))
    await writeFile(at('own.sql'), 'SELECT district, count(*) AS n FROM visits GROUP BY 1')
    const { out } = await check('own.sql', '--schema', `visits=${at('visits.sql')}`, '--rule', at('own.yaml'))
    const squeezed = out.replaceAll(/\s+/g, ' ')
    for (const text of says) expect(squeezed).toContain(text)
    for (const text of saysNot) expect(squeezed).not.toContain(text)
  })

  it('says the same to programs, with the advice', async () => {
    const refused = JSON.parse((await check('bad.sql', ...both(), '--json')).out)
    expect(refused).toMatchObject({
      verdict: 'refused',
      reasons: [{ at: { line: 5 }, fix: expect.stringMatching(/\.$/) }, {}, {}],
    })
    const allowed = JSON.parse((await check('good.sql', ...both(), '--json')).out)
    expect(allowed).toMatchObject({
      verdict: 'allowed',
      plan: { maxRows: 500, maxBytes: 100_000 },
      report: { minimumGroupSize: 3 },
    })
  })

  it('shows nothing of the query that a terminal obeys, and no line that looks like one of ours', async () => {
    const { out } = await check('foreign.sql', ...both())
    expect(out).not.toContain('\u001b')
    expect(out).toContain('\\u001b[2Jx')
    expect(out).not.toMatch(/^\s*✗ allowed/m)
  })

  it('points at the place also behind what a terminal does not show', async () => {
    await writeFile(at('hidden.sql'), 'SELECT /*\u202e\u2066*/ count(nothing) FROM visits')
    const shown = (await check('hidden.sql', ...both())).out.split('\n')
    const line = shown.findIndex((text) => text.includes('nothing'))
    expect(shown[line + 1]?.indexOf('^')).toBe(shown[line]?.indexOf('nothing'))
  })

  it('takes one schema and one rule without names, and a schema by the name of its dataset', async () => {
    const query = at('one.sql')
    await writeFile(query, 'SELECT district, count(*) AS n FROM visits GROUP BY 1')
    const schema = ['--schema', `visits=${at('visits.sql')}`]
    expect((await check('one.sql', ...schema, '--rule', at('visits.yaml'))).exitCode).toBe(0)
    expect((await check('one.sql', ...schema, '--rule', `visits=${at('visits.yaml')}`)).exitCode).toBe(0)
  })

  it('shows the rows that overlap with datasets of your own, and to nobody else', async () => {
    await writeFile(at('mine.sql'), 'CREATE TABLE visits (person VARCHAR, district VARCHAR); CREATE TABLE mine (person VARCHAR)')
    await writeFile(at('overlap.yaml'), visits.replace('template', 'overlap').replace(/ {2}cost: .*\n/, ''))
    const rule = 'privacyUnit: { column: person }\ncolumns: { person: { join: true } }'
    await writeFile(at('mine.yaml'), visits.replace(/privacyUnit[\s\S]*output/, `${rule}\noutput`))
    await writeFile(at('rows.sql'), 'SELECT v.district FROM visits v JOIN mine m ON v.person = m.person')
    const tables = ['--schema', at('mine.sql'), '--rule', `visits=${at('overlap.yaml')}`, '--rule', `mine=${at('mine.yaml')}`]
    expect(await check('rows.sql', ...tables, '--own', 'mine')).toMatchObject({ exitCode: 0 })
    expect(await check('rows.sql', ...tables)).toMatchObject({ exitCode: 2, out: expect.stringContaining('(raw-rows)') })
    expect(await check('rows.sql', ...tables, '--own', 'visits')).toMatchObject({ exitCode: 2 })
    expect(await check('rows.sql', ...tables, '--own', 'ours')).toMatchObject({ exitCode: 1 })
  })

  it.each<[string, readonly string[], RegExp]>([
    ['neither contract nor rules', [], /--contract/],
    ['both', ['--contract', 'c.json', '--rule', 'visits.yaml'], /not both/],
    ['a rule without a schema', ['--rule', 'visits=visits.yaml'], /no schema/],
    ['a schema without a rule', ['--schema', 'visits=visits.sql'], /no rule/],
    ['two rules without names', ['--schema', 'tables.sql', '--rule', 'visits.yaml', '--rule', 'districts.yaml'], /which dataset/],
    ['one rule for two datasets', ['--schema', 'tables.sql', '--rule', 'visits.yaml'], /which dataset/],
    ['a rule that is none', ['--schema', 'visits=visits.sql', '--rule', 'visits=broken.yaml'], /broken\.yaml: privacyUnit: /],
    ['a schema of several tables for one dataset', ['--schema', 'visits=tables.sql', '--rule', 'visits=visits.yaml'], /several/],
    ['a schema that asks something', ['--schema', 'visits=good.sql', '--rule', 'visits=visits.yaml'], /not valid|CREATE TABLE/],
    ['a file that is not there', ['--schema', 'no.sql', '--rule', 'visits.yaml'], /cannot read/],
  ])('ends with 1 for %s', async (_, argv, message) => {
    const words = argv.map((word) => word.replace(/([a-z]+\.[a-z]+)$/, (name) => at(name)))
    expect(await check('good.sql', ...words)).toMatchObject({ exitCode: 1, out: '', err: expect.stringMatching(message) })
  })
})
