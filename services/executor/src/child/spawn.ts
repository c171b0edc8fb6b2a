import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import { type ChildLimits, type Confinement, commandLine, userMapOf } from './confinement.ts'
import { type Answers, answersTo, converse } from './dialogue.ts'
import type { Job, Outcome } from './job.ts'
import type { Program } from './program.ts'
import type { RunFolder } from './run-folder.ts'
import { watchSpill } from './watch-spill.ts'

/** What a run asks of its child; where its files lie is known since the start. */
export interface Question extends Omit<Job, 'result'> {
  /** most bytes of the result, where the rules allow fewer than the host does */
  readonly resultBytes?: number
}

/** A fresh process that waits for its one job. */
export interface Child {
  /**
   * Runs the job and ends, and asks in between which cells may not be shown, or for noisy ones. The process is killed at its
   * limits, and when the signal aborts. It is at its end then, and may not have got there yet: `ended` says so.
   * @throws ReinraumError `run-failed` whatever went wrong inside; `run-cancelled` when the signal aborts
   */
  run(question: Question, signal: AbortSignal, answers?: Answers): Promise<Answered>
  /** Whether it lives, and may be given its job. */
  isWaiting(): boolean
  /** Ends it without a job. */
  discard(): void
  /** Resolved when nothing is left of it. */
  readonly ended: Promise<unknown>
}

/** What came of a job. */
export interface Answered extends Outcome {
  /** of the result's file, bytes: what is behind these is nobody's */
  readonly length: number
}

/**
 * Starts the process of one run, without network, files, environment or inherited handles. It is warm when its keys arrive.
 * @param program another one than the query's, for tests of what confines it
 */
export function startChild(limits: ChildLimits, confinement: Confinement, folder: RunFolder, program?: Program): Child {
  const [command = '', ...args] = commandLine(limits, confinement, folder, program)
  const child = spawn(command, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('close', resolve)
  })
  // Whatever happens to the pipe shows in how the process ends.
  child.stdin.on('error', () => {})
  const isAlive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  const kill = () => {
    // Only while it is ours: a number that was given back may be somebody else's.
    if (isAlive()) child.kill('SIGKILL')
  }
  const ready = confinement.privateRoot === undefined ? Promise.resolve() : mapUsers(child, exited).catch(kill)
  return {
    isWaiting: isAlive,
    discard: kill,
    ended: exited,
    async run({ resultBytes = limits.resultBytes, ...question }, signal, given = {}) {
      const timeout = setTimeout(kill, limits.timeoutMs)
      const stopWatching =
        folder.spill === undefined ? () => {} : watchSpill(folder.spill, folder.result, limits.resultBytes, kill)
      signal.addEventListener('abort', kill, { once: true })
      try {
        signal.throwIfAborted()
        await ready
        const job = JSON.stringify({ ...question, result: folder.result } satisfies Job)
        const answers = answersTo(
          question.comparisons.length,
          (question.noise ?? []).map(({ later }) => later !== undefined),
          given,
        )
        const heard = converse(child.stdin, child.stdout, { job, answers, kill })
        // Its memory is given back while the run goes on.
        const outcome = await Promise.race([heard.outcome, exited.then((code) => (code === 0 ? heard.last() : undefined))])
        signal.throwIfAborted()
        // Whatever it may still write until it is dead, only so much is read, and it has been measured.
        const { size: length } = await stat(folder.result)
        if (outcome === undefined || length > Math.min(resultBytes, limits.resultBytes)) throw new Error('no result')
        return { ...outcome, length }
      } catch (cause) {
        if (signal.aborted) throw new ReinraumError('run-cancelled', 'the run was stopped', { cause })
        // No cause: it would tell the log one failure from another.
        throw new ReinraumError('run-failed', 'the run failed')
      } finally {
        clearTimeout(timeout)
        stopWatching()
        signal.removeEventListener('abort', kill)
        kill()
      }
    },
  }
}

/**
 * The child waits in its user namespace, as nobody, with a first line that says so. Only from outside can it be told who it
 * is there: itself, and one more who owns nothing, where this process is root and may lend numbers.
 */
async function mapUsers(
  child: ChildProcess & { readonly stdin: NodeJS.WritableStream },
  exited: Promise<unknown>,
): Promise<void> {
  if (child.stdout === null) return
  await Promise.race([once(child.stdout, 'data'), exited])
  const user = process.getuid?.() ?? 0
  // user_namespaces(7): without privileges, a group can be mapped by whoever gives up changing groups first.
  if (user !== 0) await writeFile(`/proc/${child.pid}/setgroups`, 'deny')
  await writeFile(`/proc/${child.pid}/gid_map`, userMapOf(process.getgid?.() ?? 0))
  await writeFile(`/proc/${child.pid}/uid_map`, userMapOf(user))
  child.stdin.write('\n')
}
