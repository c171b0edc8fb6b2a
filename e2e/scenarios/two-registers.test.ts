import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  openResult,
  proposeQuery,
  type QueryDraft,
  readLedgers,
  readTable,
  sealDataset,
  startRun,
  waitForRun,
} from '@reinraum/client'
import type { Contract, DifferentialPrivacy, Slot } from '@reinraum/statements'
import { beforeAll, describe, expect, it } from 'vitest'
import { approve, type CleanRoom } from '../harness/clean-room.ts'
import { commandLine } from '../harness/command-line.ts'
import { type Cell, districts, population, registers, sectors, trueTable } from '../harness/registers.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

// Two agencies, two registers, one pseudonym per person: how many care for a relative beside their work, how much they work and
// how long they care, in every district and sector. The noise is real: the operating system's randomness, nothing seeded.

const rooms = useCleanRooms()

const everybody = population()
const carers: QueryDraft = {
  title: 'Work beside care',
  purpose: 'Where people who care for relatives work less',
  sql: `SELECT e.district, e.sector, count(*) AS carers, avg(e.hours) AS hours, avg(c.days) AS days
FROM employment e JOIN care c ON e.person = c.person
GROUP BY 1, 2 ORDER BY 1, 2`,
  parameters: [],
  privacy: { epsilon: 1.8, delta: 0 },
}
const measures = ['carers', 'hours', 'days'] as const

let clean: CleanRoom
let queryId: string

beforeAll(async () => {
  clean = await rooms.open({ change: linking })
  const { employment, care } = registers(everybody)
  await sealRegister('survey', 'employment', employment)
  await sealRegister('health', 'care', care)
  queryId = await proposeQuery(clean.sessions.analyst, clean.contract, carers)
  await approve(clean, queryId)
})

function linking(contract: Contract): Contract {
  const slots = contract.slots.map((slot) =>
    slot.owner === 'survey'
      ? register(slot, 'employment', 6, [
          ['district', { dimension: true, domain: [...districts] }],
          ['sector', { dimension: true, domain: [...sectors] }],
          ['hours', { aggregate: ['avg'], bounds: [0, 60] }],
        ])
      : register(slot, 'care', 4, [['days', { aggregate: ['avg'], bounds: [0, 90] }]]),
  )
  return { ...contract, name: 'Work beside care', slots, results: { recipients: ['analyst'], reviewers: [] } }
}

/** One row per person, joined on the pseudonym, and a budget that is not the other's. */
function register(
  slot: Slot,
  id: string,
  epsilonBudget: number,
  columns: readonly (readonly [name: string, rule: Slot['rule']['columns'][string]])[],
): Slot {
  const noise: DifferentialPrivacy = {
    epsilonBudget,
    deltaBudget: 0,
    maxEpsilonPerQuery: 2,
    mechanism: 'discreteLaplace',
    accounting: 'basic',
    refresh: 'never',
  }
  const types = columns.map(([name, rule]) => ({ name, type: rule.dimension === true ? 'VARCHAR' : 'BIGINT' }) as const)
  return {
    ...slot,
    id,
    schema: { columns: [{ name: 'person', type: 'VARCHAR' }, ...types] },
    rule: {
      ...slot.rule,
      modes: ['aggregation'],
      privacyUnit: { column: 'person', maxRowsPerUnit: 1, maxGroupsPerUnit: 1 },
      columns: { person: { join: true }, ...Object.fromEntries(columns) },
      output: { minimumGroupSize: 10, maxRows: 2000 },
      differentialPrivacy: noise,
    },
  }
}

async function sealRegister(owner: 'survey' | 'health', slot: string, csv: string): Promise<void> {
  const file = join(clean.directory, `${slot}.csv`)
  await writeFile(file, csv)
  const stateDirectory = join(clean.directory, 'state', owner)
  const lineage = { dataset: slot, periods: [1] }
  await sealDataset(clean.sessions[owner], { contract: clean.contract, slot, file, stateDirectory, lineage })
}

/** How a run of the query ended. */
async function run() {
  const { analyst } = clean.sessions
  const runId = await startRun(analyst, clean.contract, { queryId, parameters: {} })
  return waitForRun(analyst, runId, { signal: AbortSignal.timeout(60_000) })
}

/** A number that was released, what the exact one may be, and what it is. */
interface Released {
  readonly measure: (typeof measures)[number]
  readonly low: number
  readonly high: number
  readonly exact: number
  readonly value: number
}

async function releasedBy(runId: string): Promise<readonly Released[]> {
  const file = join(clean.directory, `${runId.slice(7, 19)}.parquet`)
  const table = await readTable((await openResult(clean.sessions.analyst, clean.contract, runId, file)).file)
  const ends = measures.flatMap((measure) => [measure, `${measure}_low`, `${measure}_high`])
  expect(table.columns).toEqual(['district', 'sector', ...ends])
  const exact = trueTable(everybody)
  return table.rows.flatMap(([district, sector, ...numbers]) => {
    const cell: Cell = exact.get(`${district} ${sector}`) ?? expect.fail(`nobody is in ${district} ${sector}`)
    return measures.map((measure, i) => {
      const [value = Number.NaN, low = Number.NaN, high = Number.NaN] = numbers.slice(3 * i, 3 * i + 3).map(Number)
      return { measure, value, low, high, exact: cell[measure] }
    })
  })
}

async function spent() {
  const ledgers = await readLedgers(clean.sessions.analyst, clean.contract)
  expect(ledgers.map(({ broken }) => broken)).toEqual(ledgers.map(() => null))
  return Object.fromEntries(ledgers.map((l) => [l.slot, { debits: l.entries.length, epsilon: l.spent.epsilon, fits: l.fits }]))
}

describe('two registers of 200,000 people, joined on their pseudonyms', () => {
  const released: Released[] = []

  it('give a table with noise, and both ledgers are debited for it', async () => {
    const { state, runId, reason } = await run()
    expect({ state, reason }).toEqual({ state: 'completed', reason: '' })
    released.push(...(await releasedBy(runId)))
    const once = { debits: 1, epsilon: 1_800_000 }
    expect(await spent()).toMatchObject({ employment: once, care: { ...once, fits: { epsilon: 2 } } })
  })

  it('give another table the second time, debited again', async () => {
    const before = released.map(({ value }) => value)
    const { runId } = await run()
    const again = await releasedBy(runId)
    expect(again.filter(({ value }, i) => value === before[i]).length).toBeLessThan(before.length / 4)
    released.push(...again)
    const twice = { debits: 2, epsilon: 3_600_000 }
    expect(await spent()).toMatchObject({ employment: twice, care: { ...twice, fits: { epsilon: 0.4 } } })
  })

  it('hold the exact number within its 95 % interval in 93 of 100 cells', () => {
    // Each of these 2,400 is inside with a probability of 0.95 at least, averages rather more often.
    expect(released.length).toBeGreaterThanOrEqual(2 * 3 * 399)
    const inside = released.filter(({ low, exact, high }) => low <= exact && exact <= high)
    expect(inside.length / released.length).toBeGreaterThanOrEqual(0.93)
  })

  it('are narrow enough to be of use', () => {
    const widths = (of: string) => released.filter(({ measure }) => measure === of).map(({ low, high }) => (high - low) / 2)
    const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length
    expect(mean(widths('carers'))).toBeLessThan(9)
    expect(mean(widths('hours'))).toBeLessThan(4)
    expect(mean(widths('days'))).toBeLessThan(7)
  })

  it('are not read a third time: what is left is less than the query spends', async () => {
    expect(await run()).toMatchObject({ state: 'failed', reason: 'budget-exhausted' })
    expect((await spent()).care).toMatchObject({ debits: 2, fits: { epsilon: 0.4 } })
  })

  it('tell the analyst at a terminal what is left and what would fit', async () => {
    const identity = join(clean.directory, 'analyst.json')
    await writeFile(identity, JSON.stringify(clean.identities.analyst), { mode: 0o600 })
    const analyst = commandLine({ room: rooms.room.roomFile, identity })
    const contract = ['--contract', clean.contract.id]
    expect((await analyst('keys', 'log', ...contract)).out).toContain('denied: budget-exhausted (ε 0.4 fits in care)')
    const budget = await analyst('budget', 'show', ...contract, '--slot', 'care')
    expect(budget.out).toContain('left       ε 0.4, δ 0, of ε 4, δ 0\none query  at most ε 0.4\n')
    const file = join(clean.directory, 'carers.sql')
    await writeFile(file, carers.sql)
    const check = (...spending: string[]) => analyst('query', 'check', file, ...contract, ...spending)
    expect(await check('--epsilon', '0.4')).toMatchObject({ exitCode: 0 })
    expect(await check('--epsilon', '2.5')).toMatchObject({ exitCode: 2, out: expect.stringContaining('an epsilon of 2 fits') })
    expect(await check()).toMatchObject({ exitCode: 2, out: expect.stringContaining('an epsilon of 2 at most') })
  })
})
