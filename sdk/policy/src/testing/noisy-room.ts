import { DuckDBInstance } from '@duckdb/node-api'
import type { RandomSource, Spending } from '@reinraum/privacy'
import type { DifferentialPrivacy } from '@reinraum/statements'
import type { SlotInput } from '../analysis/slots.ts'
import { createTable, quote } from '../engine/shadow.ts'
import type { Guard, GuardVerdict } from '../guard.ts'
import { addNoise, type ExactTexts, type TextRow } from '../noise/add-noise.ts'
import type { NoiseStatement } from '../noise/noise-statement.ts'
import type { Database, Row } from './data.ts'

/** Little noise: what a result would be without any shows, but for a rare step. */
export const plenty: Spending = { epsilon: 1000, delta: 1e-9 }

export const noiseRule: DifferentialPrivacy = {
  epsilonBudget: 1000,
  deltaBudget: 1e-6,
  maxEpsilonPerQuery: 1000,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
}

export type Allowed = Extract<GuardVerdict, { verdict: 'allowed' }> & { readonly noise: NoiseStatement }

export async function allowedWithNoise(
  guard: Guard,
  slots: readonly SlotInput[],
  sql: string,
  privacy: Spending,
): Promise<Allowed> {
  const verdict = await guard.check({ sql, parameters: [], values: {}, slots, privacy })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  if (verdict.noise === null) throw new Error('the query has no noise')
  return { ...verdict, noise: verdict.noise }
}

/** What an executor reads before noise. */
export async function exactTexts(database: Database, { cellsSql, histograms }: NoiseStatement): Promise<ExactTexts> {
  const read = async (sql: string) => (await database.query(sql)) as unknown as readonly TextRow[]
  return { cells: await read(cellsSql), histograms: await Promise.all(histograms.map(({ sql }) => read(sql))) }
}

/** The result over the noisy cells alone: where it is made there is no dataset. */
export async function resultOf({ noise, resultSql }: Allowed, exact: ExactTexts, random?: RandomSource): Promise<readonly Row[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const { table, columns } = noise
    await connection.run(createTable({ id: table, schema: { columns } }))
    const list = columns.map(({ type }, i) => `TRY_CAST($${i + 1}::VARCHAR AS ${type})`)
    const insert = await connection.prepare(`INSERT INTO ${quote(table)} SELECT ${list.join(', ')}`)
    for (const row of addNoise(noise, exact, random)) {
      insert.bind([...row])
      await insert.run()
    }
    return (await connection.runAndReadAll(resultSql)).getRows()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
