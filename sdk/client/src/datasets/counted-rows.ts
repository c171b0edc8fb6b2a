import { BOOLEAN, type DuckDBConnection, DuckDBScalarFunction, UINTEGER } from '@duckdb/node-api'
import type { UnitCounter } from './unit-counter.ts'

/**
 * The same rows, each counted when it passes: in the one pass that reads the file, so that nothing else can be counted than what
 * is sealed, however the file changes meanwhile. The engine calls back for every couple of thousand rows.
 * @param rows a SELECT, to be run once
 * @param unit a column of it, as SQL; `hash` of its values is equal for equal units
 */
export function countedRows(connection: DuckDBConnection, rows: string, unit: string, counter: UnitCounter): string {
  const counted = DuckDBScalarFunction.create({
    name: 'counted',
    parameterTypes: [UINTEGER, UINTEGER],
    returnType: BOOLEAN,
    // The engine may neither ask once for rows that are equal, nor answer itself for rows without a unit.
    volatile: true,
    specialHandling: true,
    mainFunction(_, chunk, passes) {
      const { rowCount } = chunk
      const [low, high] = [chunk.getColumnVector(0), chunk.getColumnVector(1)]
      for (let row = 0; row < rowCount; row++) {
        counter.add(low.getItem(row) as number | null, high.getItem(row) as number | null)
        passes.setItem(row, true)
      }
      passes.flush()
    },
  })
  connection.registerScalarFunction(counted)
  counted.destroySync()
  const hash = `CASE WHEN ${unit} IS NOT NULL THEN hash(${unit}) END`
  return `SELECT * FROM (${rows}) WHERE counted(CAST(${hash} & 4294967295 AS UINTEGER), CAST(${hash} >> 32 AS UINTEGER))`
}
