import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import type { Cells, Outcome } from './job.ts'

const outcomeSchema = z.strictObject({ rowCount: z.int().min(0) })
const cellSchema = z.tuple([z.int().min(0)], z.string().regex(/^\d{1,40}$/))
const cellsSchema = z.strictObject({ cells: z.array(z.array(cellSchema)) })

/** Of one comparison, by its number, per sketch: which rows may not be shown. */
export type Compare = (comparison: number, cells: Cells['cells']) => Promise<readonly (readonly number[])[]>

const longestOutcome = 4096
/** What a run may say of its cells: a few hundred thousand of them. */
const longestCells = 32 * 1024 * 1024

export interface Dialogue {
  /** the job, as the first line */
  readonly job: string
  readonly comparisons: number
  readonly compare: Compare
  /** Ends a child that says something else, or too much. */
  readonly kill: () => void
}

/**
 * Gives the child its job, answers one line of cells per comparison, and hears its outcome.
 * @returns what it said last; undefined unless that is an outcome and came after all comparisons
 */
export function converse(
  stdin: Writable,
  stdout: Readable,
  { job, comparisons, compare, kill }: Dialogue,
): () => Outcome | undefined {
  let parts: Buffer[] = []
  let said = 0
  let compared = 0
  let outcome: Outcome | undefined
  let failed = false
  const fail = () => {
    failed = true
    kill()
  }
  const hear = (line: string) => {
    if (compared < comparisons) {
      const last = compared === comparisons - 1
      const answered = compare(compared, cellsSchema.parse(JSON.parse(line)).cells as Cells['cells'])
      compared += 1
      answered.then((rows) => {
        stdin.write(`${JSON.stringify(rows)}\n`)
        if (last) stdin.end()
      }, fail)
    } else if (outcome === undefined) outcome = outcomeSchema.parse(JSON.parse(line))
    else throw new Error('the child went on after its outcome')
  }
  stdout.on('data', (chunk: Buffer) => {
    said += chunk.length
    try {
      if (said > (comparisons === 0 ? longestOutcome : longestCells)) throw new Error('the child says too much')
      const end = chunk.lastIndexOf('\n')
      if (end < 0) {
        parts.push(chunk)
        return
      }
      const text = Buffer.concat([...parts, chunk.subarray(0, end)]).toString('utf8')
      parts = [chunk.subarray(end + 1)]
      // What enters the private root begins with a line of its own.
      for (const line of text.split('\n')) if (line !== '') hear(line)
    } catch {
      fail()
    }
  })
  stdin.write(`${job}\n`)
  if (comparisons === 0) stdin.end()
  return () => (failed || compared < comparisons ? undefined : (outcome ?? lastLine(parts)))
}

/** A program that ends without the end of a line has said all the same. */
function lastLine(parts: readonly Buffer[]): Outcome | undefined {
  try {
    return outcomeSchema.parse(JSON.parse(Buffer.concat(parts).toString('utf8')))
  } catch {
    return undefined
  }
}
