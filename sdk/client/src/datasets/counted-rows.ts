import { BOOLEAN, type DuckDBConnection, DuckDBScalarFunction, UINTEGER } from '@duckdb/node-api'
import type { UnitCounter } from './unit-counter.ts'

/**
 * The same rows, each counted when it passes: in the pass that reads the file, so that nothing else can be counted than what
 * is sealed, however the file changes meanwhile. Where units are bounded, rows beyond the bound do not pass. The engine calls
 * back for every couple of thousand rows.
 * @param unit a column, as SQL; `hash` of its values is equal for equal units
 * @returns makes of a SELECT that has the column, to be run once, the SELECT of the rows that pass
 */
export function countedRows(connection: DuckDBConnection, unit: string, counter: UnitCounter): (rows: string) => string {
  const counted = DuckDBScalarFunction.create({
    name: 'counted',
    parameterTypes: [UINTEGER, UINTEGER],
    returnType: BOOLEAN,
    // The engine may neither ask once for rows that are equal, nor answer itself for rows without a unit, nor ask before a
    // condition inside the SELECT has been checked.
    volatile: true,
    specialHandling: true,
    mainFunction(_, chunk, passes) {
      const { rowCount } = chunk
      const [low, high] = [chunk.getColumnVector(0), chunk.getColumnVector(1)]
      for (let row = 0; row < rowCount; row++)
        passes.setItem(row, counter.add(low.getItem(row) as number | null, high.getItem(row) as number | null))
      passes.flush()
    },
  })
  connection.registerScalarFunction(counted)
  counted.destroySync()
  const hash = `CASE WHEN ${unit} IS NOT NULL THEN hash(${unit}) END`
  const passes = `counted(CAST(${hash} & 4294967295 AS UINTEGER), CAST(${hash} >> 32 AS UINTEGER))`
  return (rows) => `SELECT * FROM (${rows}) WHERE ${passes}`
}
