import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { budgetOf, chargeOf, type PrivacyRule } from './accounting/charge-of.ts'
import { columnOf, type NoisyColumn } from './accounting/noise-plan.ts'
import { planNoise } from './accounting/plan-noise.ts'
import { estimator } from './intervals/estimates.ts'
import { evenGroups, expectedErrors, unitsFor } from './intervals/expected-error.ts'
import { approximate } from './rational.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

const rule: PrivacyRule = {
  epsilonBudget: 3,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteGaussian',
  accounting: 'zcdp',
}
const spending = { epsilon: 0.5, delta: 0 }

function plan() {
  const outcome = planNoise(
    {
      contribution: { groups: 1, rows: 1 },
      declaredGroups: 96,
      minimumGroupSize: 20,
      asked: [
        { name: 'people', aggregate: 'countUnits' },
        { name: 'mean_cost', aggregate: 'avg', values: 'cost', bounds: [0, 5000], decimals: 2 },
      ],
    },
    [{ rule, spending }],
  )
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plan
}

const grouped = (n: number | bigint) => Number(n).toLocaleString('en-US')
const round = (x: number, digits: number) => Number(x.toPrecision(digits)).toLocaleString('en-US')
const percent = (x: number) => `${(100 * x).toPrecision(2)} %`

function columnLine(column: NoisyColumn): string {
  const { name, sensitivity, scale, shares } = column
  const deviation = Math.sqrt(approximate(scale)) * approximate(column.grid)
  return `| \`${name}\` | ${grouped(shares[0]?.amount ?? 0n)} | ${grouped(sensitivity.l1)} | ${round(deviation, 3)} |`
}

/** The figures of the worked example, line by line as the README has them. */
function figures(): readonly string[] {
  const made = plan()
  const priced = chargeOf(rule, spending)
  if (priced.outcome === 'refused') throw new Error(priced.code)
  const budget = budgetOf(rule)
  const errors = expectedErrors(made, evenGroups(200_000, 96))
  const cell: Readonly<Record<string, bigint>> = { units: 2041n, 'rows cost': 2093n, 'sum cost': -231_448_127n }
  const estimates = estimator(made)((column) => cell[column] ?? 0n)
  const shown = estimates.map(({ name, value, confidence }) => {
    if (value === null || confidence.kind !== 'values') throw new Error('a range')
    const [at, low, high] = [value, confidence.low, confidence.high].map((x) => round(approximate(x), 5))
    return `\`${name}\` ${at}, from ${low} to ${high}`
  })
  return [
    `a budget of ${grouped(budget.epsilon)} billionths of ρ`,
    `charges ${grouped(priced.charge.epsilon)}`,
    `${Math.floor(budget.epsilon / priced.charge.epsilon)} such queries`,
    ...made.columns.map(columnLine),
    ...errors.map((e) => `${percent(e.relative)} for \`${e.name}\``),
    `${grouped(unitsFor(made, 0.05))} people`,
    ...shown,
  ]
}

test('the figures of the worked example are those that the code computes', () => {
  const flat = readme.replace(/\s+/g, ' ')
  for (const figure of figures()) expect(flat).toContain(figure)
})

test('columns of the example are what the README says they are', () => {
  expect(columnOf(plan(), 'sum cost').grid).toMatchObject({ numerator: 1n, denominator: 100n })
  expect(plan().threshold).toEqual({ column: 'units', minimum: 20n, tau: null, assured: null, spared: null })
})
