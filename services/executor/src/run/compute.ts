import { ReinraumError } from '@reinraum/crypto'
import type { Answers } from '../child/dialogue.ts'
import type { RunFolder } from '../child/run-folder.ts'
import type { Child, Question } from '../child/spawn.ts'
import type { ReleaseGrid } from './release-grid.ts'
import { type SealedResult, sealResult } from './seal-result.ts'

export interface ComputeOptions {
  readonly child: Pick<Child, 'run'>
  readonly question: Question
  /** which cells may not be shown beside what was shown before, and what they are with noise */
  readonly answers?: Answers
  readonly folder: RunFolder
  /** where the sealed result goes, in the same private place */
  readonly sealed: string
  readonly resultKey: Uint8Array
  readonly runId: string
  readonly grid: ReleaseGrid
  readonly signal: AbortSignal
}

/**
 * The only step whose course depends on the data: the query, and the sealing of its result. It ends at a point of the grid
 * whether it worked or not, and of a failure there is one kind: neither its cause nor its time tells anything.
 * @throws ReinraumError `run-failed`; the signal's reason when it aborts
 */
export async function compute(options: ComputeOptions): Promise<SealedResult> {
  const { grid, signal } = options
  const sealed = await answer(options).catch(() => undefined)
  signal.throwIfAborted()
  await grid.next(signal)
  if (sealed === undefined) throw new ReinraumError('run-failed', 'the run failed')
  return sealed
}

async function answer({
  child,
  question,
  answers,
  folder,
  sealed,
  resultKey,
  runId,
  signal,
}: ComputeOptions): Promise<SealedResult> {
  const { rowCount, length } = await child.run(question, signal, answers)
  return sealResult({ file: folder.result, rowCount, length }, sealed, resultKey, runId)
}
