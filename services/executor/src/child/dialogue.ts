import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import type { Cells, Exact, Outcome, TextRow } from './job.ts'

const outcomeSchema = z.strictObject({ rowCount: z.int().min(0) })
const cellSchema = z.tuple([z.int().min(0)], z.string().regex(/^\d{1,40}$/))
const cellsSchema = z.strictObject({ cells: z.array(z.array(cellSchema)) })

const textRowSchema = z.array(z.string().nullable())
const exactSchema = z.strictObject({ exact: z.array(z.array(textRowSchema)) })

/** Of one comparison, by its number, per sketch: which rows may not be shown. */
export type Compare = (comparison: number, cells: Cells['cells']) => Promise<readonly (readonly number[])[]>

/**
 * Of one noise job, by its number, the noisy cells that are made of exact ones. Where something is read later it is asked twice,
 * and says first which groups that is of.
 */
export type AddNoise = (job: number, exact: Exact['exact']) => readonly TextRow[] | Promise<readonly TextRow[]>

/** What a child may ask, and gets an answer to; whatever it asks beyond ends it. */
export interface Answers {
  readonly compare?: Compare | undefined
  readonly addNoise?: AddNoise | undefined
}

/** How to answer each line of a child's, in its order. */
export type Answer = (said: unknown) => Promise<unknown>

/** @param noise whether something is read later, per noise job */
export function answersTo(comparisons: number, noise: readonly boolean[], { compare, addNoise }: Answers): readonly Answer[] {
  const comparing = Array.from({ length: comparisons }, (_, i): Answer => {
    return async (said) => (compare ?? nobody)(i, cellsSchema.parse(said).cells as Cells['cells'])
  })
  const adding = noise.flatMap((isLater, i): readonly Answer[] => {
    const answer: Answer = async (said) => (addNoise ?? nobody)(i, exactSchema.parse(said).exact)
    return isLater ? [answer, answer] : [answer]
  })
  return [...comparing, ...adding]
}

function nobody(): never {
  throw new Error('nobody answers this')
}

const longestOutcome = 4096
/** What a run may say of its cells: a few hundred thousand of them. */
const longestCells = 32 * 1024 * 1024

export interface Dialogue {
  /** the job, as the first line */
  readonly job: string
  readonly answers: readonly Answer[]
  /** Ends a child that has said its outcome, or something else, or too much. */
  readonly kill: () => void
}

/** What is heard of a child. */
export interface Heard {
  /** its outcome, as soon as it says one after all answers; never resolved otherwise */
  readonly outcome: Promise<Outcome>
  /** What it said last, for when it has ended: undefined unless that is an outcome and came after all answers. */
  last(): Outcome | undefined
}

/** Gives the child its job, answers one line of it after the other, and hears its outcome. */
export function converse(stdin: Writable, stdout: Readable, { job, answers, kill }: Dialogue): Heard {
  const concluded = Promise.withResolvers<Outcome>()
  let parts: Buffer[] = []
  let said = 0
  let answered = 0
  let outcome: Outcome | undefined
  let failed = false
  const fail = () => {
    failed = true
    kill()
  }
  const hear = (line: string) => {
    const answer = answers[answered]
    if (answer !== undefined) {
      answered += 1
      const last = answered === answers.length
      answer(JSON.parse(line)).then((given) => {
        stdin.write(`${JSON.stringify(given)}
`)
        if (last) stdin.end()
      }, fail)
    } else if (outcome === undefined) outcome = outcomeSchema.parse(JSON.parse(line))
    else throw new Error('the child went on after its outcome')
  }
  stdout.on('data', (chunk: Buffer) => {
    said += chunk.length
    try {
      if (said > (answers.length === 0 ? longestOutcome : longestCells)) throw new Error('the child says too much')
      const end = chunk.lastIndexOf('\n')
      if (end < 0) {
        parts.push(chunk)
        return
      }
      const text = Buffer.concat([...parts, chunk.subarray(0, end)]).toString('utf8')
      parts = [chunk.subarray(end + 1)]
      // What enters the private root begins with a line of its own.
      for (const line of text.split('\n')) if (line !== '') hear(line)
      if (outcome === undefined || failed) return
      concluded.resolve(outcome)
      // It has nothing left to do: the result is written, and to end in order takes longer than a short query.
      kill()
    } catch {
      fail()
    }
  })
  stdin.write(`${job}\n`)
  if (answers.length === 0) stdin.end()
  return {
    outcome: concluded.promise,
    last: () => (failed || answered < answers.length ? undefined : (outcome ?? lastLine(parts))),
  }
}

/** A program that ends without the end of a line has said all the same. */
function lastLine(parts: readonly Buffer[]): Outcome | undefined {
  try {
    return outcomeSchema.parse(JSON.parse(Buffer.concat(parts).toString('utf8')))
  } catch {
    return undefined
  }
}
