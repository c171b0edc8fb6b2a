import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChildLimits, openScratch } from '@reinraum/executor'
import { prepare } from './data/prepare.ts'
import { questions } from './questions/questions.ts'
import { openAnswers } from './ways/answers.ts'
import { openDataPath } from './ways/data-path.ts'
import { type Measured, measureQuestion, type Way } from './ways/measure.ts'
import { planQuestions } from './ways/reads.ts'

export interface ScaleMeasured {
  readonly factor: number
  readonly questions: readonly Measured[]
  readonly generateSeconds: number
  readonly sealSeconds: number
  /** of all tables, bytes */
  readonly sourceBytes: number
  readonly storedBytes: number
}

export interface ScaleOptions {
  readonly factor: number
  readonly ways: readonly Way[]
  readonly repetitions: number
  readonly limits: ChildLimits
  /** on disk, for ciphertext and for what plain DuckDB reads */
  readonly disk: string
  /** in memory, for what the executor decrypts */
  readonly memory: string
  readonly say: (text: string) => void
}

/** Makes the tables of a scale, asks all questions in all ways, and removes the tables again. */
export async function measureScale({ factor, ways, repetitions, limits, say, ...folders }: ScaleOptions): Promise<ScaleMeasured> {
  const disk = await mkdtemp(join(folders.disk, 'tables-'))
  const memory = await mkdtemp(join(folders.memory, 'plaintext-'))
  try {
    say(`scale ${factor}: generating and sealing`)
    const { tables, generateSeconds } = await prepare({ factor, seed: 1 }, disk, limits.threads)
    const texts = questions(factor)
    const planned = await planQuestions(tables, texts)
    const path = await openDataPath({
      scratch: await openScratch(join(memory, 'scratch'), { allowDisk: false }),
      limits,
      tables,
    })
    const answers = await openAnswers()
    try {
      const measured: Measured[] = []
      for (const [i, sql] of texts.entries()) {
        const plan = planned[i]
        if (plan === undefined) continue
        say(`scale ${factor}: question ${i + 1}`)
        measured.push(await measureQuestion({ path, answers, folder: memory, ways, repetitions }, i + 1, sql, plan))
      }
      const sum = (of: (table: (typeof tables)[number]) => number) => tables.reduce((total, table) => total + of(table), 0)
      return {
        factor,
        questions: measured,
        generateSeconds,
        sealSeconds: sum((table) => table.sealSeconds),
        sourceBytes: sum((table) => table.bytes.source),
        storedBytes: sum((table) => table.bytes.ciphertext),
      }
    } finally {
      await path.close()
      answers.close()
    }
  } finally {
    await rm(disk, { recursive: true, force: true })
    await rm(memory, { recursive: true, force: true })
  }
}
