import { createGuard, type SlotInput } from '@reinraum/policy'
import type { SealedTable } from '../data/prepare.ts'
import type { TableOf } from '../tables.ts'
import type { Reads } from './data-path.ts'

export interface PlannedQuestion {
  /** of each table that the question names */
  readonly reads: Reads
  /** of the columns of the tables that are read, the share that is read */
  readonly columnShare: number
  /** ciphertext bytes of the tables that are read */
  readonly storedBytes: number
  readonly milliseconds: number
}

/** What the policy engine says that each question reads, as it says it of a guarded query's last statement. */
export async function planQuestions(
  tables: readonly Pick<SealedTable, 'name' | 'schema' | 'bytes'>[],
  questions: readonly string[],
): Promise<readonly PlannedQuestion[]> {
  const guard = await createGuard()
  try {
    const slots = tables.map(slotOf)
    const planned: PlannedQuestion[] = []
    for (const sql of questions) {
      const started = performance.now()
      const scans = await guard.plannedReads({ slots, statements: { cells: [], noise: [], resultSql: sql } })
      const milliseconds = performance.now() - started
      // a query proposes the datasets that it reads, and no others are there
      const read = tables.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(sql))
      const reads = new Map(read.map(({ name }) => [name, scans.filter(({ slot }) => slot === name)] as const))
      const all = sum(read.map(({ schema }) => schema.columns.length))
      const needed = sum(read.map(({ name }) => columnsIn(reads, name)))
      planned.push({
        reads,
        columnShare: needed / all,
        storedBytes: sum(read.map(({ bytes }) => bytes.ciphertext)),
        milliseconds,
      })
    }
    return planned
  } finally {
    await guard.close()
  }
}

function columnsIn(reads: Reads, table: string): number {
  return new Set((reads.get(table) ?? []).flatMap(({ columns, conditions }) => [...columns, ...conditions.map((c) => c.column)]))
    .size
}

/** Public reference data: no rule rewrites a question. */
function slotOf({ name, schema }: TableOf): SlotInput {
  const columns = {}
  const rule: SlotInput['rule'] = {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: 'none',
    columns,
    output: { minimumGroupSize: 2, maxRows: 1_000_000 },
    approvals: { by: ['owner'], threshold: 'all' },
  }
  return { id: name, schema, rule }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
