import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRun } from '@reinraum/client'
import { startRoom } from '@reinraum/local'
import { openCleanRoom, readyToRun } from '../harness/clean-room.ts'
import { rogueExecutor } from '../harness/rogue-executor.ts'

// What a release costs beside what it cannot avoid: the public-key operations on what no release has seen before and one durable
// commit of as many bytes. (Of a query that spends ε, the decision's processor time too.) Twice: the decision (appraisal with
// warm caches, checks, debit, log, seal) in a process that does nothing else, each followed by one set of the operations; and
// the whole call, over the wire to a real key service with its bus, each followed by one set in a process that has slept until
// then, as the key service has.
// Usage: node --conditions=source e2e/bench/release.ts [releases]

const releases = Number(process.argv[2] ?? 200)
/** requests that are made ahead, while their nonces are good */
const batch = 50
/** rounds that only warm up: an engine compiles what it has run often */
const warmUps = 4
const keyService = 'shared-keys'

const taken: Record<string, number[]> = {}
const beside = { decision: ' (beside decisions)', wire: ' (beside the wire)' }

const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const child = fork(fileURLToPath(new URL('../../services/keys/src/testing/decision-bench-child.ts', import.meta.url)))
try {
  await once(child, 'message')
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
    const callOverTheWire = await calls(local)
    for (let round = -warmUps; round * batch < releases; round++) {
      const note = round < 0 ? () => undefined : keep
      await timeDecisions(child, note)
      await callOverTheWire(note)
    }
  } finally {
    await local.stop()
  }
  report()
} finally {
  child.disconnect()
  await rm(directory, { recursive: true, force: true })
}

type Note = (name: string, ...ms: readonly number[]) => void

function keep(name: string, ...ms: readonly number[]): void {
  taken[name] = [...(taken[name] ?? []), ...ms]
}

async function timeDecisions(child: ChildProcess, note: Note): Promise<void> {
  const { decisions, processor, operations } = await ask(child, { decisions: batch })
  note('decision', ...decisions)
  note('decision on a processor', ...processor.decisions)
  note(`together on a processor${beside.decision}`, ...processor.operations)
  for (const [name, ms] of Object.entries(operations)) note(name + beside.decision, ...ms)
  const noisy = await ask(child, { decisions: batch, noisy: true })
  note('noisy decision on a processor', ...noisy.processor.decisions)
}

/** Prepares rounds of calls to the key service. */
async function calls(local: Awaited<ReturnType<typeof startRoom>>) {
  const clean = await openCleanRoom(local, join(directory, 'parties'))
  const queryId = await readyToRun(clean, { maximumRuns: releases + (warmUps + 1) * batch })
  const executor = await rogueExecutor(local)
  const pid = local.services.get(`keys/${keyService}`)?.pid ?? 0
  return async (note: Note) => {
    const requests = []
    for (let i = 0; i < batch; i++) {
      const runId = await startRun(clean.sessions.analyst, clean.contract, { queryId, parameters: { floor: 0 } })
      requests.push((await executor.prepare(await executor.bundleOf(runId), keyService)).request)
    }
    const before = await processorTime(pid)
    for (const request of requests) {
      const started = performance.now()
      const { outcome } = await executor.keys(keyService).releaseKeys(request)
      note('call', performance.now() - started)
      if (outcome.case !== 'released' || outcome.value.keys.length !== 1) throw new Error('one key should be released')
      const { operations, processor } = await ask(child, { operations: true })
      note(`together on a processor${beside.wire}`, ...processor.operations)
      for (const [name, ms] of Object.entries(operations)) note(name + beside.wire, ...ms)
    }
    note('call on a processor', ((await processorTime(pid)) - before) / batch)
  }
}

interface Answer {
  readonly decisions: readonly number[]
  readonly operations: Readonly<Record<string, readonly number[]>>
  readonly processor: { readonly decisions: readonly number[]; readonly operations: readonly number[] }
}

async function ask(child: ChildProcess, request: object): Promise<Answer> {
  const answered = once(child, 'message')
  child.send(request)
  const [answer] = await answered
  return answer as Answer
}

/** ms that all threads of a process have had a processor (proc(5), `schedstat`). */
async function processorTime(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const texts = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8').catch(() => '0')))
  return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0)
}

function median(name: string): number {
  const sorted = [...(taken[name] ?? [])].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function report(): void {
  const line = (name: string, ...columns: string[]) =>
    console.log(`${name.padEnd(24)}${columns.map((text) => text.padStart(16)).join('')}`)
  const both = (name: string) => [median(name + beside.decision), median(name + beside.wire)]
  const ms = (values: readonly number[]) => values.map((value) => `${value.toFixed(2)} ms`)
  const ratios = (values: readonly number[], floors: readonly number[]) =>
    values.map((value, i) => (value / (floors[i] ?? Number.NaN)).toFixed(2))
  const names = Object.keys(taken).filter((name) => name.endsWith(beside.wire))
  const operations = names.map((name) => name.slice(0, -beside.wire.length)).filter((name) => !name.startsWith('together'))
  const floors = [0, 1].map((i) => operations.reduce((sum, name) => sum + (both(name)[i] ?? Number.NaN), 0))

  line('', 'the decision', 'over the wire')
  for (const name of operations) line(name, ...ms(both(name)))
  line('together', ...ms(floors))
  line('one release', ...ms([median('decision'), median('call')]))
  line('times what it must', ...ratios([median('decision'), median('call')], floors), '(limit 2.5)')
  // Without what other processes of the machine do meanwhile, and without the disk.
  const processor = [median('decision on a processor'), median('call on a processor')]
  line('on a processor', ...ms(processor))
  line('operations on one', ...ms(both('together on a processor')))
  line('times what it must', ...ratios(processor, both('together on a processor')))
  line('with a ledger debited', ...ms([median('noisy decision on a processor')]))
  line('times one without', ...ratios([median('noisy decision on a processor')], [median('decision on a processor')]))
  line('releases per core', ...processor.map((each) => `${(1000 / each).toFixed(0)} / s`))
  console.log(`\nmedians of ${releases} releases on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)
}
