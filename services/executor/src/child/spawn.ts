import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ReinraumError } from '@reinraum/crypto'
import { type Job, type Outcome, outcomeSchema } from './job.ts'

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
}

/** Tries out what the host allows. Done once, at start, and written to the log. */
export async function probeConfinement(): Promise<Confinement> {
  const [namespaces, resourceLimits] = await Promise.all([
    succeeds('unshare', ['--user', '--map-current-user', '--net', '--ipc', 'true']),
    succeeds('prlimit', ['--core=0', 'true']),
  ])
  return { namespaces, resourceLimits }
}

/**
 * Runs one job in a fresh process without network, environment or inherited handles, and kills it at its limits.
 * @throws ReinraumError `run-failed` whatever went wrong inside; `run-cancelled` when the signal aborts
 */
export async function runInChild(job: Job, limits: ChildLimits, confinement: Confinement, signal: AbortSignal): Promise<Outcome> {
  const [command, ...args] = commandLine(limits, confinement)
  if (signal.aborted || command === undefined) throw new ReinraumError('run-cancelled', 'the run was stopped')
  const child = spawn(command, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const kill = () => {
    try {
      // The whole group: unshare and prlimit replace themselves, but nothing of it may stay.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // gone already
    }
  }
  const timeout = setTimeout(kill, limits.timeoutMs)
  const watch = setInterval(() => void killAboveMemory(child.pid, limits.memoryMiB, kill), 200)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => {
      if (output.reduce((sum, part) => sum + part.length, chunk.length) > 4096) kill()
      else output.push(chunk)
    })
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(job))
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null))
      child.once('close', resolve)
    })
    if (signal.aborted) throw new ReinraumError('run-cancelled', 'the run was stopped')
    const outcome = outcomeSchema.safeParse(code === 0 ? parse(Buffer.concat(output).toString('utf8')) : undefined)
    if (!outcome.success) throw new ReinraumError('run-failed', 'the run failed')
    return outcome.data
  } finally {
    clearTimeout(timeout)
    clearInterval(watch)
    signal.removeEventListener('abort', kill)
    kill()
  }
}

function commandLine(limits: ChildLimits, confinement: Confinement): string[] {
  const cpuSeconds = Math.ceil((limits.timeoutMs / 1000) * limits.threads) + 5
  // The same flavour of code as this process: sources as they are, or built files.
  const fromSources = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(new URL(fromSources ? './main.ts' : './main.js', import.meta.url))
  const flags = [...(fromSources ? ['--conditions=source'] : []), '--no-warnings', '--max-old-space-size=256']
  const node = [process.execPath, ...flags, entry]
  return [
    ...(confinement.namespaces ? ['unshare', '--user', '--map-current-user', '--net', '--ipc', '--'] : []),
    ...(confinement.resourceLimits ? ['prlimit', '--core=0', '--nofile=256', `--cpu=${cpuSeconds}`, '--'] : []),
    ...node,
  ]
}

async function killAboveMemory(pid: number | undefined, memoryMiB: number, kill: () => void): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const residentKiB = Number(/^VmRSS:\s+([0-9]+) kB/m.exec(status)?.[1] ?? 0)
  if (residentKiB / 1024 > memoryMiB + Math.max(memoryMiB, 512)) kill()
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
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
