import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Parameter, ParameterValue } from '@reinraum/statements'
import type { SlotInput } from '../analysis/slots.ts'
import { type PackedSketches, strideFor } from '../differencing/cell-sketch.ts'
import { comparisonSql, packCells, type ReadCell } from '../differencing/comparison.ts'
import { shownCells } from '../differencing/near-cells.ts'
import { quote } from '../engine/shadow.ts'
import type { Guard } from '../guard.ts'
import { type Row, readable } from './data.ts'

export interface RunOptions {
  /** another version of a dataset */
  readonly changed?: Readonly<Record<string, string>>
  readonly parameters?: readonly Parameter[]
  readonly values?: Readonly<Record<string, ParameterValue>>
}

/** Runs as an executor makes them, over one dataset after the other, with what was shown of a slot before. */
export interface RoomWithHistory {
  /** what comes out, readable and in order; what it added stays for the runs that follow */
  readonly run: (sql: string, options?: RunOptions) => Promise<readonly string[]>
  /** cells per slot that later ones are compared with */
  readonly kept: (slot: string) => number
  /** as if nothing had been shown */
  readonly forget: () => void
  readonly close: () => void
}

export async function openRoom(
  guard: Guard,
  slots: readonly SlotInput[],
  rows: Readonly<Record<string, string>>,
): Promise<RoomWithHistory> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const history = new Map<string, PackedSketches[]>()
  const loading = await instance.connect()
  for (const { id, schema } of slots) await fill(loading, 'TABLE', id, schema, rows[id])
  loading.closeSync()
  const minimumOf = (slot: string) => slots.find(({ id }) => id === slot)?.rule.output.minimumGroupSize ?? 0
  return {
    async run(sql, { changed = {}, parameters = [], values } = {}) {
      const verdict = await guard.check({ sql, parameters, values, slots })
      if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
      const connection = await instance.connect()
      try {
        for (const { id, schema } of slots) await fill(connection, 'TEMP TABLE', id, schema, changed[id])
        const shown = new Map(verdict.plan.differencing.map((slot) => [slot, shownCells(minimumOf(slot))]))
        for (const [slot, cells] of shown) for (const sketches of history.get(slot) ?? []) cells.learn(sketches)
        for (const statement of verdict.cells) {
          const { create, read, hide } = comparisonSql(statement)
          await connection.run(create)
          const hidden: (readonly [sql: string, rows: readonly number[]])[] = []
          for (const [i, sketch] of statement.sketches.entries()) {
            const cells = shown.get(sketch.slot)
            if (cells === undefined) throw new Error(`no history of ${sketch.slot}`)
            const found = (await connection.runAndReadAll(read[i] ?? '')).getRowsJson() as unknown as ReadCell[]
            hidden.push([hide[i] ?? '', packCells(found, sketch).flatMap((cell) => (cells.admit(cell.sketch) ? [] : [cell.row]))])
          }
          for (const [text, numbers] of hidden) if (numbers.length > 0) await connection.run(`${text} (${numbers.join(', ')})`)
        }
        const result = (await connection.runAndReadAll(verdict.resultSql)).getRows() as readonly Row[]
        for (const [slot, cells] of shown) history.set(slot, [...(history.get(slot) ?? []), cells.added()])
        return readable(result)
      } finally {
        connection.closeSync()
      }
    },
    kept: (slot) => (history.get(slot) ?? []).reduce((sum, s) => sum + s.length / strideFor(minimumOf(slot)), 0),
    forget: () => history.clear(),
    close: () => instance.closeSync(),
  }
}

/** A temporary table stands before one that stays. */
async function fill(
  connection: DuckDBConnection,
  kind: 'TABLE' | 'TEMP TABLE',
  id: string,
  { columns }: SlotInput['schema'],
  rows: string | undefined,
): Promise<void> {
  if (rows === undefined) return
  const list = columns.map(({ name, type }) => `${quote(name)} ${type}`)
  await connection.run(`CREATE ${kind} ${quote(id)} (${list.join(', ')})`)
  await connection.run(`INSERT INTO ${quote(id)} ${rows}`)
}
