import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answers } from './answers.ts'
import { type DataPath, type DataPathRun, keepColumns, runSealed } from './data-path.ts'
import { runPlain } from './plain.ts'
import type { PlannedQuestion } from './reads.ts'

export const ways = ['plain', 'cold', 'warm', 'naive'] as const
export type Way = (typeof ways)[number]

/** One run of one way: milliseconds and bytes. */
export interface Run {
  /** of plain: from the question to its answer; of warm: the query; of the others: from ciphertext to the sealed result */
  readonly total: number
  readonly unseal: number
  readonly query: number
  readonly seal: number
  readonly unsealedBytes: number
  readonly fileBytes: number
  readonly peakBytes: number
}

export interface Measured {
  readonly question: number
  /** medians of the recorded runs, of memory the most */
  readonly ways: Readonly<Partial<Record<Way, Run>>>
  readonly planned: PlannedQuestion
  readonly equal: boolean
}

export interface MeasureOptions {
  readonly path: DataPath
  readonly answers: Answers
  /** a folder in memory */
  readonly folder: string
  readonly ways: readonly Way[]
  /** recorded ones; another one before them is not */
  readonly repetitions: number
}

/**
 * Asks one question in all ways, one after the other, again and again; who begins goes round. The first round warms the page cache,
 * fills what warm runs find, and is not recorded.
 */
export async function measureQuestion(
  { path, answers, folder, ways: asked, repetitions }: MeasureOptions,
  question: number,
  sql: string,
  planned: PlannedQuestion,
): Promise<Measured> {
  const own = await mkdtemp(join(folder, `question-${question}-`))
  const { keeping, close } = await keepColumns(join(own, 'kept'))
  try {
    const answer = join(own, 'answer')
    const runOf: Readonly<Record<Way, () => Promise<Run>>> = {
      plain: () => plain(path, planned, sql, answer),
      cold: async () => fromCiphertext(await runSealed(path, { sql, answer, reads: planned.reads })),
      naive: async () => fromCiphertext(await runSealed(path, { sql, answer, reads: planned.reads, isWhole: true })),
      warm: async () => queryAlone(await runSealed(path, { sql, answer, reads: planned.reads, keeping })),
    }
    const runs = new Map<Way, Run[]>(asked.map((way) => [way, []]))
    const found = new Set<string>()
    for (let round = 0; round <= repetitions; round++) {
      for (const turn of asked.keys()) {
        const way = asked[(turn + round + question) % asked.length] ?? 'plain'
        const run = await runOf[way]()
        found.add(await answers.fingerprint(answer))
        await rm(answer)
        if (round > 0) runs.get(way)?.push(run)
      }
    }
    const medians = Object.fromEntries([...runs].map(([way, all]) => [way, medianRun(all)]))
    return { question, ways: medians, planned, equal: found.size === 1 }
  } finally {
    close()
    await rm(own, { recursive: true, force: true })
  }
}

async function plain({ tables, limits }: DataPath, { reads }: PlannedQuestion, sql: string, answer: string): Promise<Run> {
  const read = tables.filter(({ name }) => reads.has(name))
  const files = read.map(({ name, plain: file }) => ({ name, file }))
  const { milliseconds, peakBytes } = await runPlain({ tables: files, sql, result: answer }, limits)
  return { total: milliseconds, unseal: 0, query: milliseconds, seal: 0, unsealedBytes: 0, fileBytes: 0, peakBytes }
}

function fromCiphertext({ milliseconds, ...rest }: DataPathRun): Run {
  const { unseal, query, seal } = milliseconds
  return { total: unseal + query + seal, ...milliseconds, ...rest }
}

function queryAlone({ milliseconds, ...rest }: DataPathRun): Run {
  return { total: milliseconds.query, ...milliseconds, ...rest }
}

function medianRun(runs: readonly Run[]): Run {
  const of = (key: keyof Run) => median(runs.map((run) => run[key]))
  const peakBytes = Math.max(...runs.map((run) => run.peakBytes))
  return {
    total: of('total'),
    unseal: of('unseal'),
    query: of('query'),
    seal: of('seal'),
    unsealedBytes: of('unsealedBytes'),
    fileBytes: of('fileBytes'),
    peakBytes,
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}
