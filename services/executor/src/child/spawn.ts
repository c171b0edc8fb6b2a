import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'
import type { Job, Outcome } from './job.ts'

const outcomeSchema = z.strictObject({ rowCount: z.int().min(0) })

export interface ChildLimits {
  /** for the query engine; the process as a whole gets as much again, and no less than 512 MiB */
  readonly memoryMiB: number
  readonly timeoutMs: number
  readonly threads: number
}

/** How far this host lets the child be confined. */
export interface Confinement {
  /** own user, network and IPC namespaces: no network at all */
  readonly namespaces: boolean
  /** resource limits: no core dumps, few files, bounded CPU time */
  readonly resourceLimits: boolean
  /** no capabilities, none to be gained, and no life without the parent */
  readonly privileges: boolean
}

const unshare = ['unshare', '--user', '--map-current-user', '--net', '--ipc', '--']
const setpriv = [
  'setpriv',
  '--no-new-privs',
  '--inh-caps=-all',
  '--ambient-caps=-all',
  '--bounding-set=-all',
  '--pdeathsig',
  'KILL',
  '--',
]

/** Tries out what the host allows. Done once, at start, and written to the log. */
export async function probeConfinement(): Promise<Confinement> {
  const [namespaces, resourceLimits, privileges] = await Promise.all([
    succeeds([...unshare, 'true']),
    succeeds(['prlimit', '--core=0', '--', 'true']),
    succeeds([...setpriv, 'true']),
  ])
  // The capability to drop capabilities comes with the new user namespace, or with being root.
  const together = namespaces && (await succeeds([...unshare, ...setpriv, 'true']))
  return { namespaces, resourceLimits, privileges: namespaces ? together : privileges }
}

/** A fresh process that waits for its one job. */
export interface Child {
  /**
   * Runs the job and ends. The process is killed at its limits, and when the signal aborts.
   * @throws ReinraumError `run-failed` whatever went wrong inside; `run-cancelled` when the signal aborts
   */
  run(job: Job, signal: AbortSignal): Promise<Outcome>
  /** Ends it without a job. */
  discard(): void
}

/** Starts the process of one run, without network, environment or inherited handles. It is warm when its keys arrive. */
export function startChild(limits: ChildLimits, confinement: Confinement): Child {
  const [command = '', ...args] = commandLine(limits, confinement)
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
  const kill = () => {
    // Only while it is ours: a number that was given back may be somebody else's.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
  return {
    discard: kill,
    async run(job, signal) {
      const timeout = setTimeout(kill, limits.timeoutMs)
      const watch = setInterval(() => void killAboveMemory(child.pid, limits.memoryMiB, kill), 200)
      signal.addEventListener('abort', kill, { once: true })
      try {
        signal.throwIfAborted()
        const output: Buffer[] = []
        child.stdout.on('data', (chunk: Buffer) => {
          if (output.reduce((sum, part) => sum + part.length, chunk.length) > 4096) kill()
          else output.push(chunk)
        })
        child.stdin.end(JSON.stringify(job))
        const code = await exited
        signal.throwIfAborted()
        const outcome = outcomeSchema.safeParse(code === 0 ? parse(Buffer.concat(output).toString('utf8')) : undefined)
        if (!outcome.success) throw new ReinraumError('run-failed', 'the run failed')
        return outcome.data
      } catch (cause) {
        throw signal.aborted ? new ReinraumError('run-cancelled', 'the run was stopped', { cause }) : cause
      } finally {
        clearTimeout(timeout)
        clearInterval(watch)
        signal.removeEventListener('abort', kill)
        kill()
      }
    },
  }
}

function commandLine(limits: ChildLimits, confinement: Confinement): string[] {
  const cpuSeconds = Math.ceil((limits.timeoutMs / 1000) * limits.threads) + 5
  // The same flavour of code as this process: sources as they are, or built files.
  const fromSources = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(new URL(fromSources ? './main.ts' : './main.js', import.meta.url))
  const flags = [...(fromSources ? ['--conditions=source'] : []), '--no-warnings', '--max-old-space-size=256']
  return [
    ...(confinement.namespaces ? unshare : []),
    ...(confinement.resourceLimits ? ['prlimit', '--core=0', '--nofile=256', `--cpu=${cpuSeconds}`, '--'] : []),
    ...(confinement.privileges ? setpriv : []),
    ...[process.execPath, ...flags, entry],
  ]
}

async function killAboveMemory(pid: number | undefined, memoryMiB: number, kill: () => void): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const residentKiB = Number(/^VmRSS:\s+([0-9]+) kB/m.exec(status)?.[1] ?? 0)
  if (residentKiB / 1024 > memoryMiB + Math.max(memoryMiB, 512)) kill()
}

function succeeds([command = '', ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
