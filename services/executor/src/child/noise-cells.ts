import type { FilledTable, NoiseJob, TextRow } from './job.ts'
import type { QueryEngine } from './query-engine.ts'

/**
 * Reads the exact cells, which become no table, and makes the table of what the parent makes of them: the only one that the
 * result can read of them.
 */
export async function makeNoisyCells(
  engine: QueryEngine,
  { read, later, ...table }: NoiseJob,
  ask: (exact: readonly (readonly TextRow[])[]) => readonly TextRow[],
): Promise<void> {
  const exact: (readonly TextRow[])[] = []
  for (const sql of read) exact.push(await engine.read(sql))
  const answer = ask(exact)
  await fill(engine, table, later === undefined ? answer : ask([await readLater(engine, later, answer)]))
}

/** A dataset is not read again for nothing. */
async function readLater(
  engine: QueryEngine,
  { read, ...table }: FilledTable & { readonly read: string },
  groups: readonly TextRow[],
): Promise<readonly TextRow[]> {
  if (groups.length === 0) return []
  await fill(engine, table, groups)
  return engine.read(read)
}

async function fill(engine: QueryEngine, table: FilledTable, rows: readonly TextRow[]): Promise<void> {
  for (const sql of table.create) await engine.run(sql)
  engine.append(table.texts, rows)
  for (const sql of table.fill) await engine.run(sql)
}
