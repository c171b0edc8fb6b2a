import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReinraumError } from '@reinraum/crypto'
import { signalGroup, spawnLeashed } from '../bootstrap/leash.mjs'

// A service gives itself 15 s to stop in order.
const stopWithinMs = 20_000
const startWithinMs = 60_000

/** One process of a room, started again under the same name as often as wanted. */
export interface SupervisedProcess {
  readonly name: string
  /** undefined while it does not run */
  readonly pid: number | undefined
  /** Everything that the process wrote to its output, over all its starts. */
  readonly logFile: string
  /** Resolves when it answers as ready. @throws ReinraumError `unavailable` with the last lines of its log */
  start(): Promise<void>
  /** Ends it at once (-9), as a power failure would, with everything that it started. */
  kill(): Promise<void>
  /** Asks it to end and waits; one that does not within 20 s is killed. */
  stop(): Promise<void>
  /** Stops it if it runs, and starts it. */
  restart(): Promise<void>
}

export interface ProcessOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** beside PATH and the time zone */
  readonly env?: Readonly<Record<string, string>>
  readonly logFile: string
  /** Answers whether the process is ready; called again and again. */
  readonly ready: () => Promise<boolean>
  /** Called when the process ends though nobody asked it to. */
  readonly onUnexpectedExit?: (name: string, how: string) => void
}

/** Prepares a process without starting it. It never outlives this process. */
export function superviseProcess(options: ProcessOptions): SupervisedProcess {
  const { name, logFile } = options
  let running: Running | undefined

  const launch = (): Running => {
    const log = openSync(logFile, 'a', 0o600)
    try {
      // Services are configured by their files alone; PATH is for what they run themselves.
      const env = { PATH: process.env.PATH, TZ: 'UTC', ...options.env }
      const child = spawnLeashed(options.command, options.args, { cwd: options.cwd, env, stdout: log, stderr: log })
      return watch(child, (how, asked) => {
        running = undefined
        if (!asked) options.onUnexpectedExit?.(name, how)
      })
    } finally {
      closeSync(log)
    }
  }

  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const current = running
    if (current === undefined) return
    current.asked = true
    if (signal === 'SIGKILL') signalGroup(current.child, 'SIGKILL')
    else current.child.kill('SIGTERM')
    const late = setTimeout(() => signalGroup(current.child, 'SIGKILL'), stopWithinMs)
    await current.ended
    clearTimeout(late)
  }

  const start = async (): Promise<void> => {
    if (running !== undefined) throw new ReinraumError('conflict', `${name} runs already`)
    const current = launch()
    running = current
    const deadline = performance.now() + startWithinMs
    while (current.how === undefined) {
      if (await options.ready()) return
      if (performance.now() > deadline) {
        await end('SIGKILL')
        throw await notStarted(options, `was not ready within ${startWithinMs / 1000} s`)
      }
      await Promise.race([sleep(50), current.ended])
    }
    throw await notStarted(options, current.how)
  }

  return {
    name,
    get pid() {
      return running?.child.pid
    },
    logFile,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async restart() {
      await end('SIGTERM')
      await start()
    },
  }
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  /** Set when the end is ours, so that it surprises nobody. */
  asked: boolean
  /** How it ended. */
  how: string | undefined
}

function watch(child: ChildProcess, onEnd: (how: string, asked: boolean) => void): Running {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const running: Running = { child, ended, asked: false, how: undefined }
  const finish = (how: string) => {
    if (running.how !== undefined) return
    running.how = how
    onEnd(how, running.asked)
    resolve()
  }
  child.once('error', (error) => finish(`could not be started (${error.message})`))
  child.once('exit', (code, signal) => finish(signal === null ? `ended with code ${code}` : `ended by ${signal}`))
  return running
}

async function notStarted({ name, logFile }: ProcessOptions, how: string): Promise<ReinraumError> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  const last = log.trimEnd().split('\n').slice(-8).join('\n')
  return new ReinraumError('unavailable', `${name} ${how}; its log (${logFile}) ends with:\n${last}`)
}
