import type { QueryEngine } from './query-engine.ts'
import { literal } from './sql-texts.ts'

const rows = `SELECT i, i % 7 AS g, DATE '2000-01-01' + (i % 9)::INTEGER AS d, (i / 3)::DECIMAL(12,2) AS n, 'row ' || i AS t
  FROM range(5000) r(i)`
const groups = `SELECT d, count(*), sum(n), avg(i) FROM made WHERE d >= DATE '2000-01-02' AND t LIKE '%1%' GROUP BY d`

/**
 * Has an engine that waits do once what most jobs ask of it, over made-up rows: what is done for the first time takes several times
 * as long, and a short query is over by then. Nothing of it stays but the file, which a job's result replaces.
 * @param file that the process may write
 */
export async function warmUp(engine: QueryEngine, file: string): Promise<void> {
  const path = literal(file)
  await engine.run(`COPY (${rows}) TO ${path} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`)
  await engine.run(
    `CREATE VIEW made AS SELECT CAST(i AS BIGINT) AS i, g, d, n, CAST(t AS VARCHAR) AS t FROM read_parquet(${path})`,
  )
  await engine.run(
    `CREATE TABLE found AS FROM (${groups}) JOIN (SELECT d, max(g) FROM made GROUP BY d) USING (d) ORDER BY d LIMIT 5`,
  )
  await engine.run('DROP TABLE found')
  await engine.run('DROP VIEW made')
}
