import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openScratch } from '@reinraum/executor'
import { prepare } from './data/prepare.ts'
import { questions } from './questions/questions.ts'
import { openAnswers } from './ways/answers.ts'
import { openDataPath } from './ways/data-path.ts'
import { measureQuestion, ways } from './ways/measure.ts'
import { planQuestions } from './ways/reads.ts'

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, repetitions: { type: 'string', default: '3' } },
})
const factor = Number(values.scale)
const disk = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const memory = await mkdtemp('/dev/shm/reinraum-bench-')
process.on('SIGINT', () => {
  for (const f of [disk, memory]) rmSync(f, { recursive: true, force: true })
  process.exit(130)
})
try {
  const threads = availableParallelism()
  const prepared = await prepare({ factor, seed: 1 }, disk, threads)
  console.log(
    'generate',
    prepared.generateSeconds,
    prepared.tables.map((t) => [t.name, t.sealSeconds, t.bytes.ciphertext]),
  )
  const all = questions(factor)
  const planned = await planQuestions(prepared.tables, all)
  console.log('plan ms', planned.map((p) => p.milliseconds.toFixed(0)).join(' '))
  const scratch = await openScratch(join(memory, 'scratch'), { allowDisk: false })
  const limits = { memoryMiB: 4096, timeoutMs: 600_000, cpuSeconds: 1200, threads, resultBytes: 1 << 30 }
  const path = await openDataPath({ scratch, limits, tables: prepared.tables })
  const answers = await openAnswers()
  for (const [i, sql] of all.entries()) {
    const p = planned[i]
    if (p === undefined) continue
    const m = await measureQuestion(
      { path, answers, folder: memory, ways, repetitions: Number(values.repetitions) },
      i + 1,
      sql,
      p,
    )
    const { plain, cold, warm, naive } = m.ways
    if (!plain || !cold || !warm || !naive) continue
    const f = (x: number) => x.toFixed(0).padStart(6)
    console.log(
      String(i + 1).padStart(3),
      m.equal,
      f(plain.total),
      'warm',
      f(warm.total),
      (warm.total / plain.total).toFixed(2),
      'cold',
      f(cold.total),
      (cold.total / plain.total).toFixed(2),
      '=',
      f(cold.unseal),
      f(cold.query),
      f(cold.seal),
      'naive',
      f(naive.total),
      (naive.total / cold.total).toFixed(2),
      '=',
      f(naive.unseal),
      f(naive.query),
      'cols',
      p.columnShare.toFixed(2),
      'bytes',
      (cold.unsealedBytes / p.storedBytes).toFixed(2),
      'peak',
      f(plain.peakBytes / 1e6),
      f(cold.peakBytes / 1e6),
    )
  }
  answers.close()
} finally {
  for (const f of [disk, memory]) await rm(f, { recursive: true, force: true })
}
