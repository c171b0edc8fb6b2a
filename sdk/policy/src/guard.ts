import type { Parameter, ParameterValue } from '@reinraum/statements'
import { bindParameters } from './analysis/parameters.ts'
import { analyse } from './analysis/select.ts'
import { readSlots, type Slot, type SlotInput } from './analysis/slots.ts'
import { parseStatement } from './ast/parse.ts'
import { type Engine, openEngine } from './engine/instance.ts'
import { sqlOf } from './engine/round-trip.ts'
import { bindAgainstShadow, type OutputColumn } from './engine/shadow.ts'
import { positionOf, type Reason, Refusal } from './reasons.ts'
import { type GuardReport, reportOf, usageOf } from './report.ts'
import { rewrite } from './rewrite/query.ts'
import { checkRules } from './rules/refusals.ts'

/** Raised with every change of what the guard allows or how it rewrites. */
export const guardVersion = 'reinraum-guard/2'

export interface GuardRequest {
  readonly sql: string
  readonly parameters: readonly Parameter[]
  /** undefined: a dry run before proposing, with a value of each domain */
  readonly values: Readonly<Record<string, ParameterValue>> | undefined
  /** datasets that the query may name; those that it reads are in the plan */
  readonly slots: readonly SlotInput[]
}

/** What whoever executes the query needs to know beside its SQL. */
export interface GuardPlan {
  /** slots the query reads, sorted, with the columns that it needs of each */
  readonly slots: readonly { readonly id: string; readonly columns: readonly string[] }[]
  readonly minimumGroupSize: number | null
  readonly maxRows: number
  /** of the result; null where no dataset says */
  readonly maxBytes: number | null
  readonly columns: readonly OutputColumn[]
}

export type GuardVerdict =
  | { readonly verdict: 'allowed'; readonly rewrittenSql: string; readonly plan: GuardPlan; readonly report: GuardReport }
  | { readonly verdict: 'refused'; readonly reasons: readonly Reason[] }

export interface Guard {
  /** Never throws for anything that a query, a rule or a value says; the verdict depends on its arguments alone. */
  readonly check: (request: GuardRequest) => Promise<GuardVerdict>
  readonly close: () => Promise<void>
}

/** A guard with its own locked-down DuckDB. Close it. */
export async function createGuard(): Promise<Guard> {
  const engine = await openEngine()
  return {
    check: (request) => check(engine, request),
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
  try {
    return await engine.use(async (connection) => {
      const slots = readSlots(request.slots)
      const statement = await parseStatement(connection, request.sql)
      const { blocks } = analyse(statement, slots, bindParameters(request.parameters, request.values))
      const usage = usageOf(blocks)
      const read = slots.filter((s) => usage.has(s.id)).sort((a, b) => (a.id < b.id ? -1 : 1))
      checkRules(read)
      const limits = strictest(read)
      const rewrittenSql = await sqlOf(connection, rewrite(blocks, { ...limits, minimumGroupSize: limits.minimumGroupSize ?? 1 }))
      const columns = await bindAgainstShadow(connection, rewrittenSql, read)
      const needed = read.map(({ id, schema, unit }) => {
        const used = new Set(Object.values(usage.get(id) ?? {}).flatMap((names) => [...names]))
        return { id, columns: schema.columns.map((c) => c.name).filter((name) => used.has(name) || name === unit) }
      })
      return {
        verdict: 'allowed',
        rewrittenSql,
        plan: { slots: needed, ...limits, columns },
        report: reportOf(blocks, read, limits, columns),
      }
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const at = positionOf(request.sql, error.offset)
    return { verdict: 'refused', reasons: [{ code: error.code, message: error.message, ...(at === undefined ? {} : { at }) }] }
  }
}

/** The maximum of minimum group sizes over the protected datasets read, the minimum of limits on the result over all. */
function strictest(slots: readonly Slot[]): Pick<GuardPlan, 'minimumGroupSize' | 'maxRows' | 'maxBytes'> {
  const bytes = slots.flatMap((s) => s.rule.output.maxBytes ?? [])
  const sizes = slots.filter((s) => s.unit !== null).map((s) => s.rule.output.minimumGroupSize)
  return {
    minimumGroupSize: sizes.length === 0 ? null : Math.max(...sizes),
    maxRows: Math.min(...slots.map((s) => s.rule.output.maxRows)),
    maxBytes: bytes.length === 0 ? null : Math.min(...bytes),
  }
}
