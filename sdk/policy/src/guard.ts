import type { Spending } from '@reinraum/privacy'
import type { Parameter, ParameterValue } from '@reinraum/statements'
import { type Block, slotsOf } from './analysis/block.ts'
import { furtherReasons } from './analysis/further-reasons.ts'
import { bindParameters } from './analysis/parameters.ts'
import { analyse } from './analysis/select.ts'
import { readSlots, type Slot, type SlotInput } from './analysis/slots.ts'
import { parseStatement } from './ast/parse.ts'
import { type Engine, openEngine } from './engine/instance.ts'
import type { Parser } from './engine/parser.ts'
import type { OutputColumn } from './engine/plan-outputs.ts'
import { checkedText } from './engine/round-trip.ts'
import { createTable, quote, type Shadow } from './engine/shadow.ts'
import { exactCells } from './noise/exact-cells.ts'
import { requireNamed } from './noise/named-noise.ts'
import { type NoiseReport, noiseReport } from './noise/noise-report.ts'
import { type NoiseStatement, noisyTables, withIntervals } from './noise/noise-statement.ts'
import { type NoisyQuery, noisyQueryOf } from './noise/noisy-query.ts'
import { plannedReads, type ReadsRequest } from './reads/planned-reads.ts'
import type { Scan } from './reads/scan.ts'
import { positionOf, type Reason, Refusal } from './reasons.ts'
import { type GuardReport, reportOf, usageOf } from './report.ts'
import type { CellTable } from './rewrite/history.ts'
import { type NoisyGrouping, type Rewritten, rewrite, rewriteNoisy } from './rewrite/query.ts'
import { checkRules } from './rules/check-rules.ts'
import { composeAll } from './rules/compose.ts'
import { type Restrictions, restrictionsOf } from './rules/restrictions.ts'

/** Raised with every change of what the guard allows or how it rewrites. */
export const guardVersion = 'reinraum-guard/9'

export interface GuardRequest {
  readonly sql: string
  readonly parameters: readonly Parameter[]
  /** undefined: a dry run before proposing, with a value of each domain */
  readonly values: Readonly<Record<string, ParameterValue>> | undefined
  /** datasets that the query may name; those that it reads are in the plan */
  readonly slots: readonly SlotInput[]
  /** the member who asks: rows come out where they join with a dataset of this owner, for rules that have that mode */
  readonly by?: string
  /** what the signed query spends of each dataset whose rule asks for noise; such a dataset gives nothing without it */
  readonly privacy?: Spending | undefined
}

/** What whoever executes the query needs to know beside its SQL: above all, what the rules of its datasets ask together. */
export interface GuardPlan extends Restrictions {
  /** slots the query reads, sorted, with the columns that it needs of each */
  readonly slots: readonly { readonly id: string; readonly columns: readonly string[] }[]
  readonly columns: readonly OutputColumn[]
}

/** Cells that are kept in a table and compared with earlier ones before what follows is run. */
export interface CellStatement extends CellTable {
  /** a SELECT whose rows are the table */
  readonly sql: string
  /** of the table */
  readonly columns: readonly OutputColumn[]
}

/** What runs instead of the submitted text: one statement, where nothing is compared with earlier results. */
export interface Statements {
  /** in this order, each before the next is run, and all before the result */
  readonly cells: readonly CellStatement[]
  /**
   * what the result reads in place of rows, where a rule asks for noise: there are no other cells then. In this order: later
   * ones may read tables of earlier ones
   */
  readonly noise: readonly NoiseStatement[]
  readonly resultSql: string
  /** all of it, as people read it and receipts name it */
  readonly rewrittenSql: string
}

export type GuardVerdict =
  | (Statements & { readonly verdict: 'allowed'; readonly plan: GuardPlan; readonly report: GuardReport })
  | { readonly verdict: 'refused'; readonly reasons: readonly Reason[] }

export interface Guard {
  /** Never throws for anything that a query, a rule or a value says; the verdict depends on its arguments alone. */
  readonly check: (request: GuardRequest) => Promise<GuardVerdict>
  /** What the statements of a verdict read of the datasets at most: for whoever fetches only that. See `Scan`. */
  readonly plannedReads: (request: ReadsRequest) => Promise<readonly Scan[]>
  readonly close: () => Promise<void>
}

/** A guard with its own locked-down DuckDB. Close it. */
export async function createGuard(): Promise<Guard> {
  const engine = await openEngine()
  return {
    check: (request) => check(engine, request),
    plannedReads: (request) => plannedReads(engine, request),
    close: async () => engine.close(),
  }
}

/** Such as `duckdb/v1.5.6`. */
export async function engineVersion(): Promise<string> {
  const engine = await openEngine()
  try {
    return await engine.use(async (connection) => {
      const reader = await connection.runAndReadAll('SELECT version()')
      return `duckdb/${String(reader.getRows()[0]?.[0])}`
    })
  } finally {
    engine.close()
  }
}

async function check(engine: Engine, request: GuardRequest): Promise<GuardVerdict> {
  let further: readonly Refusal[] = []
  try {
    const slots = readSlots(request.slots)
    const statement = await parseStatement(engine.parser, request.sql)
    const judge = (asked: unknown) =>
      analyse(asked, slots, bindParameters(request.parameters, request.values), request.by ?? null)
    const { blocks } = judgedBy(judge, statement, (reasons) => {
      further = reasons
    })
    const usage = usageOf(blocks)
    const read = slots.filter((s) => usage.has(s.id)).sort((a, b) => (a.id < b.id ? -1 : 1))
    const restrictions = composeAll(read.map(restrictionsOf))
    checkRules({ statement, blocks, read, restrictions, by: request.by })
    const compared = new Map(
      read.flatMap(({ id, rule }) =>
        restrictions.differencing.includes(id) ? [[id, rule.output.minimumGroupSize] as const] : [],
      ),
    )
    const shown = shownRows(blocks, read, request.by)
    // An owner who asks for noise gets noise or no results.
    const noisy = restrictions.ledgers.length === 0 ? null : noisyQueryOf(blocks, read, restrictions, request.privacy)
    const noise = noisy === null || request.privacy === undefined ? null : reportedNoise(noisy, request.privacy)
    const minimumGroupSize = restrictions.minimumGroupSize ?? 1
    const declared = slots.length <= mostDeclared ? slots : read
    const { columns, ...statements } = await engine.shadows.use({ declared, read, shown }, (shadow) =>
      noisy === null
        ? checkedStatements(engine.parser, shadow, rewrite(blocks, { ...restrictions, minimumGroupSize, compared }))
        : checkedNoise(engine.parser, shadow, noisy, restrictions),
    )
    const needed = read.map(({ id, schema, unit }) => {
      const used = new Set(Object.values(usage.get(id) ?? {}).flatMap((names) => [...names]))
      return { id, columns: schema.columns.map((c) => c.name).filter((name) => used.has(name) || name === unit) }
    })
    return {
      verdict: 'allowed',
      ...statements,
      plan: { ...restrictions, slots: needed, columns },
      report: reportOf(blocks, read, restrictions, columns, noise),
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { verdict: 'refused', reasons: [error, ...further].map((refusal) => reasonOf(request.sql, refusal)) }
  }
}

/**
 * What people are told of the noise, all of which a receipt will name: what it has no room for is refused before
 * anybody decides on it.
 */
function reportedNoise(noisy: NoisyQuery, privacy: Spending): NoiseReport {
  const report = noiseReport(noisy, privacy)
  requireNamed(
    noisy.cores.map(({ plan }) => plan),
    report,
  )
  return report
}

/** Tables of more datasets than these cost more than they save. */
const mostDeclared = 24

/** Datasets whose rows an overlap shows: the asking member's own, and those whose rule has the mode. */
function shownRows(blocks: readonly Block[], read: readonly Slot[], by: string | undefined): ReadonlySet<string> {
  const overlap = blocks.flatMap(({ source }) => (source.kind === 'released' ? slotsOf(source.from) : []))
  const open = read.filter((s) => (s.owner !== null && s.owner === by) || s.rule.modes.includes('overlap'))
  return new Set(by === undefined ? [] : open.filter((s) => overlap.some((o) => o.id === s.id)).map((s) => s.id))
}

type Checked = Statements & Pick<GuardPlan, 'columns'>

/** Every statement through the second lock, each with the tables that those before it make. */
async function checkedStatements(parser: Parser, shadow: Shadow, { cells, result }: Rewritten): Promise<Checked> {
  const made: CellStatement[] = []
  for (const { select, ...table } of cells) {
    const { sql, bound } = await checkedText(parser, select, (text) => shadow.bindCells(table.table, text))
    made.push({ ...table, sql, columns: bound })
  }
  const { sql: resultSql, bound: columns } = await checkedText(parser, result, shadow.bind)
  const texts = [...made.map(({ table, sql }) => `CREATE TEMP TABLE ${quote(table)} AS ${sql}`), resultSql]
  return { cells: made, noise: [], resultSql, rewrittenSql: texts.join(';\n'), columns }
}

/** Exact cells through the second lock, each with the noisy tables before it; then the result, which has those in place of rows. */
async function checkedNoise(
  parser: Parser,
  shadow: Shadow,
  noisy: NoisyQuery,
  { maxRows, rounding }: Restrictions,
): Promise<Checked> {
  const measured = noisyTables(noisy, rounding).map((table, i) => {
    const core = noisy.cores[i]
    if (core === undefined) throw new Error('every table is of a core')
    return { core, table, steps: exactCells(core, table.table, table.open.table) }
  })
  const groupings = measured.map(
    ({ core, table, steps: { cells, histograms, units } }): NoisyGrouping => ({
      whole: core.whole,
      groups: core.core.groups.map(({ name }) => name),
      exact: [cells, ...histograms.map((h) => h.pieces), ...(units === null ? [] : [units])],
      table: table.table,
      columns: table.columns.map(({ name }) => name),
    }),
  )
  const { exact, result } = rewriteNoisy(withIntervals(noisy), { maxRows }, groupings)
  const texts: string[] = []
  const noise: NoiseStatement[] = []
  for (const [i, { table: noisyTable, steps }] of measured.entries()) {
    const { open, ...table } = noisyTable
    const tables: { readonly table: string; readonly columns: readonly OutputColumn[] }[] = [table]
    if (steps.units !== null && open.columns.length > 0) {
      tables.unshift(open)
      await shadow.makeNoisy(open.table, open.columns)
    }
    const own: string[] = []
    for (const select of exact[i] ?? []) own.push((await checkedText(parser, select, shadow.bindExact)).sql)
    const [cellsSql = '', ...more] = own
    const histograms = steps.histograms.map(({ values }, at) => ({ values, sql: more[at] ?? '' }))
    const units = steps.units === null ? null : { open, sql: more.at(-1) ?? '' }
    noise.push({ ...table, cellsSql, histograms, units })
    await shadow.makeNoisy(table.table, table.columns)
    texts.push(...own, ...tables.map(({ table: id, columns }) => createTable({ id, schema: { columns } })))
  }
  const { sql: resultSql, bound: columns } = await checkedText(parser, result, shadow.bind)
  return { cells: [], noise, resultSql, rewrittenSql: [...texts, resultSql].join(';\n'), columns }
}

/** The first refusal is the verdict; what else is wrong is looked for only then, and told beside it. */
function judgedBy<T>(judge: (statement: unknown) => T, statement: unknown, tell: (further: readonly Refusal[]) => void): T {
  try {
    return judge(statement)
  } catch (error) {
    if (error instanceof Refusal) tell(furtherReasons(statement, error, judge))
    throw error
  }
}

function reasonOf(sql: string, { code, message, offset }: Refusal): Reason {
  const at = positionOf(sql, offset)
  return { code, message, ...(at === undefined ? {} : { at }) }
}
