import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

// Sees the executor's query processes from outside, by /proc: they tell nothing of themselves but their answer.

/** The one that waits for its job: it runs the engine, and has not used the processor for a while. */
export async function waitingQueryProcess(): Promise<number> {
  let [last, since] = ['', 0]
  for (const end = performance.now() + 30_000; performance.now() < end; await sleep(10)) {
    const pid = await queryProcess()
    if (pid === undefined) continue
    const now = `${pid} ${await processorTime(pid)}`
    since = now === last ? since + 1 : 0
    last = now
    // Ten milliseconds is what the kernel counts in.
    if (since >= 5) return pid
  }
  throw new Error('no query process came to rest')
}

/** Follows what a process has used at most, as long as it lives. Ask again for the figure: bytes. */
export function watchPeak(pid: number): () => number {
  let peak = 0
  const look = async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024)
  }
  const timer = setInterval(look, 10)
  return () => {
    clearInterval(timer)
    return peak
  }
}

async function queryProcess(): Promise<number | undefined> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const found = await Promise.all(pids.map(async (pid) => ({ pid, parent: await parentOf(pid) })))
  const parents = new Map(found.map(({ pid, parent }) => [pid, parent]))
  for (const { pid } of found) if (isBelow(pid, parents) && (await isEngine(pid))) return pid
  return undefined
}

function isBelow(pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === process.pid) return true
  return false
}

/** What leads to it has the same words in its command line, behind other programs. */
async function isEngine(pid: number): Promise<boolean> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  return words[0] === process.execPath && words.some((word) => /\/child\/main\.(mjs|[jt]s)$/.test(word))
}

async function parentOf(pid: number): Promise<number> {
  return Number((await fieldsOf(pid))[1] ?? 0)
}

/** In the kernel's ticks, of all threads. */
async function processorTime(pid: number): Promise<number> {
  const fields = await fieldsOf(pid)
  return Number(fields[11]) + Number(fields[12])
}

/** proc_pid_stat(5), from the third field on: what stands before may hold anything. */
async function fieldsOf(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
