import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { parseStatement, type VerifiedRun, verifyRunBundle } from '@reinraum/statements'
import { expect } from 'vitest'
import { countRuns, debit, decisionsWithRunsLeft } from '../release/runs-left.ts'
import { type KeysDatabase, openKeysStore } from '../store.ts'
import { type Agreement, agreeAndImport, type Dataset } from './agreement.ts'
import { type Bundle, bundleOf, outcomeName, requestOf } from './attempt.ts'
import { startKeyServiceProcess } from './key-service-process.ts'
import { type Room, startRoom } from './room.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

/** Two runs of one query whose approvals are good for one. */
async function rivals(agreement: Imported): Promise<readonly [Bundle, Bundle]> {
  const first = await bundleOf(agreement, { approval: (approval) => ({ ...approval, maximumRuns: 1 }) })
  const query = parseStatement(first.query).document
  const second = await bundleOf(agreement, {
    query: () => query as never,
    bundle: (made) => ({ ...made, decisions: first.decisions }),
  })
  return [first, second]
}

/**
 * Two executors ask one key service, in a process of its own, for the last run of the same approvals, so many times. Between
 * two races the debits and the use of the nonces are taken back behind the service's back, so that each race is two whole
 * releases; everything else stays.
 * @returns how often each of the two won
 */
export async function raceReleases(races: number): Promise<readonly [number, number]> {
  const room = await startRoom({ shared: () => ({ quotas: { denialsPerMinute: 1_000_000 } }) })
  const agreement = await agreeAndImport(room)
  const keyService = await startKeyServiceProcess(room)
  const executor = keyService.room.shared.from('executor')
  const bundles = await rivals(agreement)
  const [first, second] = [
    await requestOf(agreement, keyService.room.shared, bundles[0]),
    await requestOf(agreement, keyService.room.shared, bundles[1]),
  ]
  const wins: [number, number] = [0, 0]
  for (let race = 1; race <= races; race += 1) {
    // Who asks first changes.
    const order = race % 2 === 0 ? [first, second] : [second, first]
    const answers = await Promise.all(order.map(({ request }) => executor.releaseKeys(request)))
    const winner = (answers.findIndex((answer) => outcomeName(answer) === 'released') + race) % 2 === 0 ? 0 : 1
    wins[winner] += 1
    const runId = bundles[winner].runId
    const loser = bundles[1 - winner]?.runId
    expect(answers.map(outcomeName).sort()).toEqual(['approval-exhausted', 'released'])

    const [debits, entries, all] = await keyService.sql(
      'select run_id from debits',
      'select run_id, decision from releases order by sequence desc limit 2',
      'select count(*) as count from releases',
      'delete from debits',
      `update nonces set used_at = null, issued_at = ${Date.now()}`,
    )
    // One of each of the two approvals that the slots here rest on.
    expect(debits).toEqual([{ run_id: runId }, { run_id: runId }])
    expect(new Set(entries)).toEqual(
      new Set([
        { run_id: runId, decision: 'released' },
        { run_id: loser, decision: 'denied' },
      ]),
    )
    expect(all).toEqual([{ count: 2 * race }])
  }
  await keyService.kill()
  await room.stop()
  return wins
}

/** Rivals that are prepared once; the debits of all are taken back when each pair has raced. */
const pairs = 25

/**
 * Two runs count themselves against the same approvals in two transactions at a time, so many times, without the
 * rest of a release.
 */
export async function raceDebits(races: number): Promise<void> {
  const room = await startRoom()
  // Where a commit waits for no disk; the transactions are the same.
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reinraum-races-'))
  const store = await openKeysStore(join(folder, 'keys.sqlite'))
  const prepared = await preparePairs(room)
  /** Step 4 and step 6 of a release. */
  const take = ({ verified, decisions }: Contender) =>
    store.transaction(async (trx) => {
      const { exhausted, uses } = await decisionsWithRunsLeft(trx, decisions, verified.run.id, [])
      if (exhausted) throw new ReinraumError('approval-exhausted', 'no runs left')
      await debit(trx, countRuns(verified, ['strikes'], uses), verified.run.id, new Date())
    })
  for (let race = 0; race < races; race += 1) {
    const pair = prepared[race % pairs] as readonly Contender[]
    const outcomes = await Promise.all(pair.map((contender) => take(contender).then(() => 'paid', codeOf)))
    expect(outcomes.sort()).toEqual(['approval-exhausted', 'paid'])
    if ((race + 1) % pairs !== 0) continue
    const debits: KeysDatabase['debits'][] = await store.db.selectFrom('debits').selectAll().execute()
    const runs = new Set(debits.map(({ run_id }) => run_id))
    // Two approvals of each pair were used, both by the same run.
    expect({ debits: debits.length, runs: runs.size }).toEqual({ debits: 2 * pairs, runs: pairs })
    expect(new Set(debits.map(({ approval_id }) => approval_id)).size).toBe(2 * pairs)
    await store.db.deleteFrom('debits').execute()
  }
  await store.close()
  await rm(folder, { recursive: true })
  await room.stop()
}

interface Contender {
  readonly verified: VerifiedRun
  readonly decisions: readonly Uint8Array[]
}

async function preparePairs(room: Room): Promise<readonly (readonly Contender[])[]> {
  const agreement = await agreeAndImport(room)
  const now = room.clock.now()
  const made: Contender[][] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const bundles = await rivals(agreement)
    const verify = async (bundle: Bundle) => ({ verified: await verifyRunBundle(bundle, { now }), decisions: bundle.decisions })
    made.push(await Promise.all(bundles.map(verify)))
  }
  return made
}

function codeOf(error: unknown): string {
  return isReinraumError(error) ? error.code : `${error}`
}
