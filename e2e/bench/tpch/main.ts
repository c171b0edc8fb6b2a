import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { ChildLimits } from '@reinraum/executor'
import { measureRunCost } from '../run-cost.ts'
import { measureSealUpload } from '../seal-upload.ts'
import { measureEnvelope } from '../unseal.ts'
import { measureScale, type ScaleOptions } from './measure-scale.ts'
import { limitsOf } from './report/limits.ts'
import { describeMachine } from './report/machine.ts'
import { markdownOf } from './report/markdown.ts'
import { summarise } from './report/summary.ts'
import { ways } from './ways/measure.ts'

// TPC-H-derived: plain DuckDB, the executor's data path cold and warm, and whole files, side by side in one run; then the rates of
// sealing, and small runs. Usage: npm run bench -- --scale 1 [--scales 0.1,1,3] [--repetitions 3] [--runs 200]

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    /** at which the cost's growth is measured; without it a tenth and three times the scale */
    scales: { type: 'string' },
    repetitions: { type: 'string', default: '3' },
    /** small runs */
    runs: { type: 'string', default: '200' },
    /** of what is sealed and unsealed for the rates */
    megabytes: { type: 'string', default: '200' },
    /** for the engine of one query, MiB */
    memory: { type: 'string', default: '4096' },
  },
})
const [factor, repetitions, runs, memoryMiB] = [values.scale, values.repetitions, values.runs, values.memory].map(positive) as [
  number,
  number,
  number,
  number,
]
const others = (values.scales?.split(',').map(positive) ?? [factor / 10, factor * 3]).filter((other) => other !== factor)

const machine = describeMachine()
const startedAt = new Date()
const disk = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const memory = await mkdtemp('/dev/shm/reinraum-bench-')
// Also where it ends early: the processes that it started end with it.
process.once('exit', () => {
  for (const folder of [disk, memory]) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const limits: ChildLimits = {
  memoryMiB,
  threads: availableParallelism(),
  timeoutMs: 600_000,
  cpuSeconds: 1200,
  resultBytes: 2 ** 30,
}
const say = (text: string) =>
  process.stderr.write(`${((Date.now() - startedAt.getTime()) / 1000).toFixed(0).padStart(4)} s  ${text}\n`)
const scaleOptions: Omit<ScaleOptions, 'factor' | 'ways'> = { repetitions, limits, disk, memory, say }

const main = await measureScale({ ...scaleOptions, factor, ways })
const growth = []
for (const other of others) {
  // Once each: these are for how the sums grow, and nothing is judged by them.
  const measured = await measureScale({ ...scaleOptions, factor: other, repetitions: 1, ways: ['plain', 'cold', 'warm'] })
  growth.push({ measured, summary: summarise(measured.questions) })
}
say('rates')
const envelope = await measureEnvelope(positive(values.megabytes))
const sealUpload = await measureSealUpload(positive(values.megabytes), 3)
say(`${runs} small runs`)
const runCost = await measureRunCost(runs)

const seconds = (Date.now() - startedAt.getTime()) / 1000
const found = {
  machine,
  startedAt: startedAt.toISOString(),
  seconds,
  repetitions,
  main,
  summary: summarise(main.questions),
  growth,
  envelope,
  sealUpload,
  runCost,
}
const report = { ...found, limits: limitsOf(found) }
const folder = fileURLToPath(new URL('../../../.local/bench', import.meta.url))
await mkdir(folder, { recursive: true })
const text = markdownOf(report)
await writeFile(join(folder, 'tpch.md'), `${text}\n`)
const plain = (_: string, value: unknown) =>
  value instanceof Map ? [...value] : typeof value === 'bigint' ? value.toString() : value
await writeFile(join(folder, 'tpch.json'), `${JSON.stringify(report, plain, 2)}\n`)
console.log(text)
console.log(`\n${join(folder, 'tpch.md')}, ${join(folder, 'tpch.json')}`)
// What is slower than it should be is told above; what is wrong is a failure.
const differing = [main, ...growth.map(({ measured }) => measured)].flatMap(({ questions }) =>
  questions.filter(({ equal }) => !equal),
)
if (differing.length > 0) {
  console.error(`answers differ: ${differing.map(({ question }) => `Q${question}`).join(', ')}`)
  process.exitCode = 1
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${text} is no positive number`)
  return value
}
