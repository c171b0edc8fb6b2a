import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startRun } from '@reinraum/client'
import { generateHpkeKeyPair, hpkeSeal, randomBytes, utf8 } from '@reinraum/crypto'
import { startRoom } from '@reinraum/local'
import { openCleanRoom, readyToRun } from '../harness/clean-room.ts'
import { rogueExecutor } from '../harness/rogue-executor.ts'

// What a release costs at a real key service, from the request on the wire to its answer, beside what it cannot avoid: the
// public-key operations on what no release has seen before (the run's two signatures, the report's, the seal of each key, the
// two signatures under the decision) and one durable commit of as many bytes. Releases and operations take turns in rounds of 50.
// Usage: node --conditions=source e2e/bench/release.ts [releases]

const releases = Number(process.argv[2] ?? 200)
/** requests that are made ahead, while their nonces are good */
const batch = 50
const keyService = 'shared-keys'

const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
// No executor: it would ask for the same runs.
const local = await startRoom({
  directory: join(directory, 'room'),
  executors: 0,
  keyServices: [
    { id: 'health-keys', custody: 'owner', operator: 'health' },
    { id: keyService, custody: 'attested' },
  ],
})
try {
  const clean = await openCleanRoom(local, join(directory, 'parties'))
  const queryId = await readyToRun(clean, { maximumRuns: releases + 2 * batch })
  const executor = await rogueExecutor(local)
  const pid = local.services.get(`keys/${keyService}`)?.pid ?? 0
  const operations = await unavoidable(join(directory, 'commits.sqlite'))
  const taken: Record<string, number[]> = {}
  const note = (name: string, ms: number) => {
    taken[name] = [...(taken[name] ?? []), ms]
  }
  for (let round = 0; round * batch < releases + batch; round++) {
    const requests = []
    for (let i = 0; i < batch; i++) {
      const runId = await startRun(clean.sessions.analyst, clean.contract, { queryId, parameters: { floor: 0 } })
      requests.push((await executor.prepare(await executor.bundleOf(runId), keyService)).request)
    }
    // The first round warms up. Both sides run without pause: a processor that has slept is slow for a while.
    const before = await processorTime(pid)
    for (const request of requests) {
      const ms = await timeOf(async () => {
        const { outcome } = await executor.keys(keyService).releaseKeys(request)
        if (outcome.case !== 'released' || outcome.value.keys.length !== 1) throw new Error('one key should be released')
      })
      if (round > 0) note('release', ms)
    }
    if (round > 0) note('processor', ((await processorTime(pid)) - before) / batch)
    for (const [name, operate] of Object.entries(operations)) {
      for (let i = 0; i < batch; i++) {
        const ms = await timeOf(operate)
        if (round > 0) note(name, ms)
      }
    }
  }
  executor.close()
  clean.close()
  report(taken, Object.keys(operations))
} finally {
  await local.stop()
  await rm(directory, { recursive: true, force: true })
}

/** One of each, with fresh inputs, as a release does them. */
async function unavoidable(file: string): Promise<Record<string, () => unknown>> {
  const [ed25519, p384] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-384' })]
  const mldsa65 = generateKeyPairSync('ml-dsa-65')
  const statement = randomBytes(1200)
  const signed = (key: KeyObject, digest: string | null) => sign(digest, statement, key)
  const signatures = {
    ed25519: signed(ed25519.privateKey, null),
    mldsa65: signed(mldsa65.privateKey, null),
    p384: signed(p384.privateKey, 'sha384'),
  }
  const recipient = await generateHpkeKeyPair()
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table entries (entry blob)')
  const insert = database.prepare('insert into entries values (?)')
  return {
    'verify Ed25519': () => verify(null, statement, ed25519.publicKey, signatures.ed25519),
    'verify ML-DSA-65': () => verify(null, statement, mldsa65.publicKey, signatures.mldsa65),
    'verify ECDSA P-384': () => verify('sha384', statement, p384.publicKey, signatures.p384),
    'seal X-Wing': () => hpkeSeal(recipient.publicKey, randomBytes(32), { info: randomBytes(64), aad: utf8('manifest') }),
    'sign Ed25519': () => sign(null, statement, ed25519.privateKey),
    'sign ML-DSA-65': () => sign(null, statement, mldsa65.privateKey),
    'durable commit': () => insert.run(randomBytes(12_000)),
  }
}

async function timeOf(operate: () => unknown): Promise<number> {
  const started = performance.now()
  await operate()
  return performance.now() - started
}

/** ms that all threads of a process have had a processor (proc(5), `schedstat`). */
async function processorTime(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const texts = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8').catch(() => '0')))
  return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0)
}

function report(taken: Record<string, number[]>, operations: readonly string[]): void {
  const median = (name: string) => {
    const sorted = [...(taken[name] ?? [])].sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }
  for (const name of operations) console.log(`${name.padEnd(24)}${median(name).toFixed(2).padStart(8)} ms`)
  const floor = operations.reduce((sum, name) => sum + median(name), 0)
  console.log(`${'together'.padEnd(24)}${floor.toFixed(2).padStart(8)} ms`)
  const release = median('release')
  console.log(
    `${'one release'.padEnd(24)}${release.toFixed(2).padStart(8)} ms   ${(release / floor).toFixed(2)} of that (limit 2.5)`,
  )
  const perCore = 1000 / median('processor')
  console.log(`${'releases per core'.padEnd(24)}${perCore.toFixed(0).padStart(8)} per second`)
  console.log(`\nmedians of ${releases} releases on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)
}
