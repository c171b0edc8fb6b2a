import { join } from 'node:path'
import { openResult, readTable, waitForRun } from '@reinraum/client'
import { parseStatement } from '@reinraum/statements'
import { beforeAll, expect, it } from 'vitest'
import { type CleanRoom, propose, seal, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { visitsCsv } from '../harness/visits.ts'

const rooms = useCleanRooms()
let clean: CleanRoom

/** Any query over the visits, nobody reviews, and what comes out is compared with what came out before. */
beforeAll(async () => {
  clean = await rooms.open({
    change: (contract) => ({
      ...contract,
      results: { ...contract.results, reviewers: [] },
      slots: contract.slots.map((slot) => {
        const { output } = slot.rule
        const rule = {
          ...slot.rule,
          modes: ['aggregation' as const],
          output: { ...output, differencing: 'suppressRow' as const },
        }
        return slot.id === 'visits' ? { ...slot, rule } : slot
      }),
    }),
  })
  await seal(clean, 'visits')
}, 180_000)

async function rowsOf(sql: string) {
  const queryId = await propose(clean, { title: 'Visits', purpose: 'How many', sql, parameters: [] })
  const runId = await start(clean, queryId, { parameters: {} })
  const ended = await waitForRun(clean.sessions.analyst, runId, { signal: AbortSignal.timeout(60_000) })
  expect(ended).toMatchObject({ state: 'completed', reason: '' })
  const file = join(clean.directory, `${runId.slice(7, 19)}.parquet`)
  await openResult(clean.sessions.analyst, clean.contract, runId, file)
  return (await readTable(file)).rows
}

/** How many entries the history of the visits had at each release. */
async function histories() {
  const { releases } = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  return releases.map((bytes) => {
    const { document } = parseStatement(bytes)
    if (document.kind !== 'reinraum/release/v1' || document.outcome.decision !== 'released') throw new Error('denied')
    return document.outcome.histories?.map(({ slot, entries }) => [slot, entries])
  })
}

it('what two results would tell by their difference does not come out, and honest results do', async () => {
  expect(await rowsOf('SELECT count(*) AS visits FROM visits')).toEqual([['120']])
  // In west there are two people.
  expect(await rowsOf(`SELECT count(*) AS visits FROM visits WHERE district <> 'west'`)).toEqual([])
  expect(await rowsOf('SELECT count(*) AS visits FROM visits')).toEqual([['120']])
  expect(await rowsOf('SELECT district, count(*) AS visits FROM visits GROUP BY 1 ORDER BY 1')).toEqual([
    ['east', '38'],
    ['north', '38'],
    ['south', '40'],
  ])
  await seal(clean, 'visits', `${visitsCsv()}some-newcomer,north,100,note\n`)
  expect(await rowsOf('SELECT count(*) AS visits FROM visits')).toEqual([])
  const later = await rowsOf('SELECT district, count(*) AS visits FROM visits GROUP BY 1 ORDER BY 1')
  expect(later).toEqual([
    ['east', '38'],
    ['south', '40'],
  ])
  expect(await histories()).toEqual([0, 1, 2, 3, 4, 5].map((entries) => [['visits', entries]]))
}, 120_000)
