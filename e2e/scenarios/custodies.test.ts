import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openResult, readTable, revoke, verifyReceiptBundle, waitForRun } from '@reinraum/client'
import {
  combineShares,
  constantTimeEqual,
  fromBase64url,
  isReinraumError,
  keyCheckValue,
  randomBytes,
  toHex,
  unseal,
} from '@reinraum/crypto'
import { type Manifest, manifestCoreContext, parseStatement, type Verified } from '@reinraum/statements'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { approve, type CleanRoom, propose, seal, start } from '../harness/clean-room.ts'
import { type InterposedKeyService, interpose } from '../harness/interposed-key-service.ts'
import { openReleased, outcomeOf, rogueExecutor } from '../harness/rogue-executor.ts'
import { expectedAreas, keyServicesOfThree, queryOfThree, sealAreas, withThreeCustodies } from '../harness/three-custodies.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms({ keyServices: keyServicesOfThree })
let clean: CleanRoom
let queryId: string
let visits: Verified<Manifest>
let survey: InterposedKeyService
let reviewer: InterposedKeyService

beforeAll(async () => {
  const [change] = await Promise.all([withThreeCustodies(rooms.room), interposeTwo()])
  // Each run fetches all that it reads, so that one can be held up there.
  clean = await rooms.open({ change: (contract) => ({ ...change(contract), cache: 'never' }) })
  const [manifest] = await Promise.all([seal(clean, 'visits'), seal(clean, 'districts')])
  visits = manifest
  await sealAreas(clean)
  queryId = await propose(clean, queryOfThree)
  await approve(clean, queryId, { maximumRuns: 20 })
}, 180_000)

async function interposeTwo(): Promise<void> {
  const [first, second] = await interpose(rooms.room, ['survey-keys', 'reviewer-keys'])
  if (first === undefined || second === undefined) throw new Error('nobody stands there')
  survey = first
  reviewer = second
}

afterEach(() => {
  for (const service of [survey, reviewer]) service.does = 'pass on'
})

afterAll(async () => {
  await Promise.all([survey, reviewer].map((service) => service.stop()))
})

const end = (runId: string) => waitForRun(clean.sessions.analyst, runId, { signal: AbortSignal.timeout(60_000) })

/** Waits for the run's result, opens it, and names the key services that its receipt counts. */
async function resultOf(runId: string) {
  expect(await end(runId)).toMatchObject({ state: 'completed', reason: '' })
  const file = join(clean.directory, `${runId.slice(7, 19)}.parquet`)
  const opened = await openResult(clean.sessions.analyst, clean.contract, runId, file)
  expect((await verifyReceiptBundle(opened.receiptBundle, { contract: clean.contract.id })).valid).toBe(true)
  const { releases } = JSON.parse(Buffer.from(opened.receiptBundle).toString()) as { readonly releases: readonly object[] }
  const released = releases.map((release) => parseStatement(Buffer.from(JSON.stringify(release))).document)
  return {
    rows: (await readTable(file)).rows,
    released: released.map((document) => (document.kind === 'reinraum/release/v1' ? document.keyService : '')).sort(),
  }
}

async function logOfExecutor(runId: string, message: string): Promise<readonly string[]> {
  const log = await readFile(rooms.room.services.get('executor')?.logFile ?? '', 'utf8')
  return log.split('\n').filter((line) => line.includes(runId) && line.includes(message))
}

const rows = expectedAreas().map((row) => [...row])

describe('one contract with three custodies: an owner’s own, an attested one, and two of three organisations', () => {
  it('gives the right table, and a receipt with the releases of all of them', async () => {
    const all = ['health-keys', 'reviewer-keys', 'shared-keys', 'survey-keys']
    expect(await resultOf(await start(clean, queryId))).toEqual({ rows, released: all })
  })

  it('gives the right table while one of the three lies, and the log names it', async () => {
    survey.does = 'lie'
    const runId = await start(clean, queryId)
    expect(await resultOf(runId)).toEqual({ rows, released: ['health-keys', 'reviewer-keys', 'shared-keys'] })
    const [line = ''] = await logOfExecutor(runId, 'not all key services')
    expect(JSON.parse(line)).toMatchObject({ refused: { 'survey-keys': 'key-mismatch' } })
  })

  it('gives the right table while one of the three never answers, seconds later', async () => {
    reviewer.does = 'hang'
    const runId = await start(clean, queryId)
    expect(await resultOf(runId)).toEqual({ rows, released: ['health-keys', 'shared-keys', 'survey-keys'] })
    const [line = ''] = await logOfExecutor(runId, 'run delivered')
    const { milliseconds } = JSON.parse(line) as { readonly milliseconds: { readonly keys: number } }
    expect(milliseconds.keys).toBeGreaterThan(1900)
    expect(milliseconds.keys).toBeLessThan(10_000)
  })

  it('gives no result when two of the three lie, and says why', async () => {
    for (const service of [survey, reviewer]) service.does = 'lie'
    const runId = await start(clean, queryId)
    expect(await end(runId)).toMatchObject({ state: 'failed', reason: 'threshold-not-reached' })
    await expect(clean.sessions.analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('gives no result while two of the three are away, and the right table once one of them is back', async () => {
    await rooms.room.kill('keys/reviewer-keys')
    survey.does = 'be away'
    const runId = await start(clean, queryId)
    await expect.poll(() => logOfExecutor(runId, 'run put back')).not.toEqual([])
    await expect(clean.sessions.analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
    survey.does = 'pass on'
    expect(await resultOf(runId)).toEqual({ rows, released: ['health-keys', 'shared-keys', 'survey-keys'] })
    await rooms.room.restart('keys/reviewer-keys')
  })
})

describe('fewer owners than the threshold, together with the operator,', () => {
  const isKey = (key: Uint8Array) => {
    const { keyCheck } = visits.document
    return constantTimeEqual(keyCheckValue(key, manifestCoreContext(visits.document)), fromBase64url(keyCheck))
  }
  const refusal = (attempt: () => unknown) =>
    Promise.resolve()
      .then(attempt)
      .then(
        () => 'opened',
        (error: unknown) => (isReinraumError(error) ? error.code : String(error)),
      )

  it('open nothing: not with a share, nor with all that lies in the stores of everyone', async () => {
    const runId = await start(clean, queryId)
    const rogue = await rogueExecutor(rooms.room)
    try {
      const bundle = await rogue.bundleOf(runId)
      const shareOf = async (service: string) => {
        const { request, kem, reportData } = await rogue.prepare(bundle, service)
        const answer = await rogue.keys(service).releaseKeys(request)
        expect(outcomeOf(answer)).toBe('released')
        return openReleased(answer, kem, reportData)
      }
      const share = await shareOf('survey-keys')
      expect(share).toHaveLength(33)
      const objects = join(rooms.room.directory, 'services', 'ingestion', 'data')
      const object = (await files(objects)).find((name) => name.includes(visits.document.object.slice(7))) ?? ''
      const ciphertext = await readFile(object)
      const context = manifestCoreContext(visits.document)
      for (const guess of [share.subarray(0, 32), share.subarray(1)]) {
        expect(await refusal(() => unseal(ciphertext, { key: guess, context }))).toBe('decryption-failed')
      }
      expect(await refusal(() => combineShares([share], 2, isKey))).toBe('threshold-not-reached')
      expect(await refusal(() => combineShares([share, share, randomBytes(33)], 2, isKey))).toBe('share-invalid')

      // What two of them could do, which shows that the attempts above fail for no other reason.
      const { secret: key, wrong } = await combineShares([share, await shareOf('reviewer-keys')], 2, isKey)
      expect(wrong).toEqual([])
      expect(unseal(ciphertext, { key, context }).subarray(0, 4)).toEqual(new Uint8Array(Buffer.from('PAR1')))
      expect(await end(runId)).toMatchObject({ state: 'completed' })
      for (const secret of [share, key]) expect(await filesWith(rooms.room.directory, secret)).toEqual([])
    } finally {
      rogue.close()
    }
  })
})

it('a run in flight ends when one owner revokes, though one of the three key services goes on saying yes', async () => {
  const owners = ['health', 'survey', 'reviewer'] as const
  const released = async () => {
    const logs = owners.map((owner) =>
      clean.sessions[owner].keyService(`${owner}-keys`).listReleases({ contractId: clean.contract.id }),
    )
    return (await Promise.all(logs)).map(({ releases }) => releases.length)
  }
  const before = await released()
  const ingestion = rooms.room.services.get('ingestion')?.pid ?? 0
  process.kill(ingestion, 'SIGSTOP')
  try {
    const runId = await start(clean, queryId)
    // Two are enough for the run to go on: a third that takes long to answer is not waited for.
    const more = async () => (await released()).filter((count, i) => count > (before[i] ?? 0)).length
    await expect.poll(more).toBeGreaterThanOrEqual(2)
    survey.does = 'lie'
    await revoke(clean.sessions.health, clean.contract, { type: 'datasetVersion', manifest: visits.id }, 'stop')
    expect(await end(runId)).toMatchObject({ state: 'failed', reason: 'revoked' })
    await expect(clean.sessions.analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
  } finally {
    process.kill(ingestion, 'SIGCONT')
  }
})

async function files(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => join(folder, name))
  const kinds = await Promise.all(names.map(async (name) => (await stat(name).catch(() => undefined))?.isFile() ?? false))
  return names.filter((_, index) => kinds[index])
}

/** Files that hold the bytes, in any of the forms in which somebody might have written them down. */
async function filesWith(folder: string, secret: Uint8Array): Promise<readonly string[]> {
  const bytes = Buffer.from(secret)
  const forms = [bytes, toHex(secret), bytes.toString('base64url'), bytes.toString('base64')]
  const found: string[] = []
  for (const name of await files(folder)) {
    const content = await readFile(name).catch(() => Buffer.alloc(0))
    if (forms.some((form) => content.includes(form))) found.push(name)
  }
  return found
}
