import { readdirSync, readFileSync } from 'node:fs'

// Sees the query processes below another process from outside, by /proc: they tell nothing of themselves but their answer.

/** The one that waits for its job: it runs the engine, and has not used the processor for a while. */
export async function waitingQueryProcess(above: number, sleep: (ms: number) => Promise<unknown>): Promise<number> {
  let [last, since] = ['', 0]
  for (const end = performance.now() + 30_000; performance.now() < end; await sleep(10)) {
    const pid = queryProcess(above)
    if (pid === undefined) continue
    const now = `${pid} ${processorTime(pid)}`
    since = now === last ? since + 1 : 0
    last = now
    // Ten milliseconds is what the kernel counts in.
    if (since >= 5) return pid
  }
  throw new Error('no query process came to rest')
}

/** What a process has used at most until now: bytes; 0 of one that is gone. */
export function mostMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

function queryProcess(above: number): number | undefined {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]))
  return pids.find((pid) => isBelow(above, pid, parents) && isEngine(pid))
}

function isBelow(above: number, pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === above) return true
  return false
}

/** What leads to it has the same words in its command line, behind other programs. */
function isEngine(pid: number): boolean {
  const words = textOf(`/proc/${pid}/cmdline`).split('\0')
  return words[0] === process.execPath && words.some((word) => /\/child\/main\.(mjs|[jt]s)$/.test(word))
}

function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1] ?? 0)
}

/** In the kernel's ticks, of all threads. */
function processorTime(pid: number): number {
  const fields = fieldsOf(pid)
  return Number(fields[11]) + Number(fields[12])
}

/** proc_pid_stat(5), from the third field on: what stands before may hold anything. */
function fieldsOf(pid: number): readonly string[] {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
