import type { Cells, Comparison, Exact, Job, Outcome, TextRow } from './job.ts'
import { makeNoisyCells } from './noise-cells.ts'
import type { QueryEngine } from './query-engine.ts'
import { identifier, literal } from './sql-texts.ts'

/**
 * Runs the rewritten query over the run's datasets in a DuckDB that reaches nothing else: views first, then file access
 * limited to the run's own files, no extensions, configuration locked, and only then the query. Where it spills, the engine
 * also lets SQL text read and write files in that folder; that the query is one SELECT without such functions is the guard's
 * doing, and nothing but this run's own is ever there.
 * @param ask the parent: which rows of a table of cells may not be shown, or what the cells are with noise
 */
export async function runJob(engine: QueryEngine, job: Job, ask: (said: Cells | Exact) => unknown): Promise<Outcome> {
  const views = job.datasets.map(({ slot, file, columns }) => {
    // The slot's declared columns and types, whatever else the file holds.
    const list = columns.map(({ name, type }) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`)
    return `CREATE VIEW ${identifier(slot)} AS SELECT ${list.join(', ')} FROM read_parquet(${literal(file)})`
  })
  const files = [...job.datasets.map(({ file }) => file), job.result]
  const confinement = [
    `SET allowed_paths = [${files.map(literal).join(', ')}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ]
  // The first that fails is the last. At once: to ask the engine takes longer than such a statement.
  await engine.run([...views, ...confinement].join('; '))
  for (const comparison of job.comparisons) {
    await compare(engine, comparison, (cells) => ask(cells) as readonly (readonly number[])[])
  }
  for (const noise of job.noise ?? []) {
    await makeNoisyCells(engine, noise, (exact) => ask({ exact }) as readonly TextRow[])
  }
  // Written in place: there is no second file that this process could make.
  const options = '(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)'
  return { rowCount: await engine.run(`COPY (${job.sql}) TO ${literal(job.result)} ${options}`) }
}

async function compare(
  engine: QueryEngine,
  { create, read, hide }: Comparison,
  ask: (cells: Cells) => readonly (readonly number[])[],
): Promise<void> {
  await engine.run(create)
  const cells: [number, ...string[]][][] = []
  for (const sql of read) {
    const rows = await engine.read(sql)
    cells.push(rows.map(([row, ...texts]) => [Number(row), ...texts.map(String)]))
  }
  const hidden = ask({ cells })
  for (const [i, sql] of hide.entries()) {
    const rows = (hidden[i] ?? []).map(Number)
    if (rows.length > 0) await engine.run(`${sql} (${rows.join(', ')})`)
  }
}
