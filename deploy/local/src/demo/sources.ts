import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { statesCsv } from './states.ts'

/** Real data from the npm package vega-datasets, and the one small table that the demonstration brings itself: slot → file. */
export async function demoSources(directory: string): Promise<Readonly<Record<string, string>>> {
  const data = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data')
  const states = join(directory, 'states.csv')
  await writeFile(states, statesCsv())
  return {
    flights: join(data, 'flights-3m.parquet'),
    strikes: join(data, 'birdstrikes.csv'),
    airports: join(data, 'airports.csv'),
    states,
  }
}
