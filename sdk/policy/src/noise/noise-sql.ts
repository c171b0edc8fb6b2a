import type { OutputColumn } from '../engine/plan-outputs.ts'
import { createTable, quote } from '../engine/shadow.ts'
import type { NoiseStatement } from './noise-statement.ts'

/** What the engine is told around the noise. Texts alone, so that a process without this package can. */
export interface NoiseSql {
  /** the exact cells, then each histogram: rows of texts, of which the engine keeps nothing */
  readonly read: readonly string[]
  /** makes the table of noisy cells, and one of texts to fill it from */
  readonly create: readonly string[]
  /** the table of texts, in the order of the rows of `addNoise` */
  readonly texts: string
  /** fills the noisy cells from the texts; a number that its type does not hold is NULL, not an error */
  readonly fill: readonly string[]
  /** what is read of the groups that are told after that, unless there are none */
  readonly later?: FilledTable & { readonly read: string }
}

/** A table, and one of texts that it is filled from. */
export interface FilledTable {
  readonly create: readonly string[]
  readonly texts: string
  readonly fill: readonly string[]
}

export function noiseSql({ cellsSql, histograms, units, table, columns }: NoiseStatement): NoiseSql {
  return {
    read: [cellsSql, ...histograms.map(({ sql }) => sql)],
    ...filled(table, columns),
    ...(units === null ? {} : { later: { ...filled(units.open.table, units.open.columns), read: units.sql } }),
  }
}

function filled(table: string, own: readonly OutputColumn[]): FilledTable {
  const columns = own.length === 0 ? [{ name: 'all', type: 'VARCHAR' }] : own
  const texts = `${table}_texts`
  const list = columns.map(({ name, type }) => `TRY_CAST(${quote(name)} AS ${type})`)
  const ofTexts = columns.map(({ name }) => ({ name, type: 'VARCHAR' }))
  return {
    create: [createTable({ id: table, schema: { columns } }), createTable({ id: texts, schema: { columns: ofTexts } })],
    texts,
    fill: [`INSERT INTO ${quote(table)} SELECT ${list.join(', ')} FROM ${quote(texts)}`, `DROP TABLE ${quote(texts)}`],
  }
}
