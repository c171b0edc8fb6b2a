import { parseStatement, type Release } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agreement, agreeAndImport, type Dataset } from '../testing/agreement.ts'
import { type Bundle, bundleOf, outcomeName, outcomeOf, requestOf } from '../testing/attempt.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
let agreement: Agreement & { readonly datasets: readonly Dataset[] }

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
})
afterAll(() => room.stop())

/** Runs of one query: the first bundle's statements, each with a run of its own. */
async function runsOf(maximumRuns: number, count: number) {
  const first = await bundleOf(agreement, { approval: (approval) => ({ ...approval, maximumRuns }) })
  const query = parseStatement(first.query).document
  const rest = Array.from({ length: count - 1 }, () =>
    bundleOf(agreement, { query: () => query as never, bundle: (made) => ({ ...made, decisions: first.decisions }) }),
  )
  // As many as asked for: a test takes them apart by name.
  return [first, ...(await Promise.all(rest))] as [Bundle, Bundle, Bundle, Bundle, ...Bundle[]]
}

async function releasedRuns(bundle: Bundle) {
  const { request } = await requestOf(agreement, room.shared, bundle)
  const { outcome } = await room.shared.from('executor').releaseKeys(request)
  if (outcome.case !== 'released') return outcome.value?.reasonCode
  const { document } = parseStatement(outcome.value.release) as { document: Release }
  if (document.outcome.decision !== 'released') throw new Error('the statement says something else')
  return document.outcome.runs.map(({ before, after }) => `${before}→${after}`)
}

describe("an approval's maximum of runs", () => {
  test('is counted, and the statement says how far it is used', async () => {
    const [first, second, third] = await runsOf(2, 3)
    expect(await releasedRuns(first)).toEqual(['0→1', '0→1'])
    expect(await releasedRuns(second)).toEqual(['1→2', '1→2'])
    expect(await releasedRuns(third)).toBe('approval-exhausted')
  })

  test('is not used by the same run again: an executor that crashed may ask once more', async () => {
    const [only, other] = await runsOf(1, 2)
    expect(await releasedRuns(only)).toEqual(['0→1', '0→1'])
    expect(await releasedRuns(only)).toEqual(['1→1', '1→1'])
    expect(await releasedRuns(other)).toBe('approval-exhausted')
    expect(await releasedRuns(only)).toEqual(['1→1', '1→1'])
  })

  test('is not used by a run that is denied', async () => {
    const [only] = await runsOf(1, 1)
    const denied = await outcomeOf(agreement, room.shared, only, { nonces: (own) => ({ airs: own }) })
    expect(denied).toBe('nonce-unknown')
    expect(await releasedRuns(only)).toEqual(['0→1', '0→1'])
  })

  test('is renewed by a newer approval, and an older one counts again when the newer is used up', async () => {
    const [first, second, third, fourth] = await runsOf(2, 4)
    const renewed = await bundleOf(agreement, {
      query: () => parseStatement(first.query).document as never,
      approval: (approval) => ({
        ...approval,
        maximumRuns: 1,
        createdAt: new Date(room.clock.now().getTime() + 1000).toISOString(),
      }),
    })
    const decisions = [...first.decisions, ...renewed.decisions]
    expect(await releasedRuns(first)).toEqual(['0→1', '0→1'])
    expect(await releasedRuns({ ...second, decisions })).toEqual(['0→1', '0→1'])
    expect(await releasedRuns({ ...third, decisions })).toEqual(['1→2', '1→2'])
    expect(await releasedRuns({ ...fourth, decisions })).toBe('approval-exhausted')
  })

  test('counts for the owners whose keys are here: the other key service counts for itself', async () => {
    const [first, second] = await runsOf(1, 2)
    expect(await releasedRuns(first)).toEqual(['0→1', '0→1'])
    expect(await outcomeOf(agreement, room.airs, second)).toBe('released')
    expect(await outcomeOf(agreement, room.airs, first)).toBe('approval-exhausted')
  })

  test('is never exceeded: of ten runs that race for the last three, three win', async () => {
    const runs = await runsOf(3, 10)
    const requests = await Promise.all(runs.map((run) => requestOf(agreement, room.shared, run)))
    const executor = room.shared.from('executor')
    const answers = await Promise.all(requests.map(({ request }) => executor.releaseKeys(request)))
    const outcomes = answers.map(outcomeName)
    expect(outcomes.filter((outcome) => outcome === 'released')).toHaveLength(3)
    expect(outcomes.filter((outcome) => outcome === 'approval-exhausted')).toHaveLength(7)
  })
})
