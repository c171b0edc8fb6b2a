import { Worker } from 'node:worker_threads'
import { copySecret, type MessageKeys, ReinraumError } from '@reinraum/crypto'
import type { Job, JobResult, Reply, Request } from './job.ts'

/** Threads that do jobs, each one after the other. */
export interface ThreadPool {
  readonly threads: number
  /** Does a job on the thread that has the least to do. Whoever calls it bounds how many are under way. */
  run(job: Job, keys: MessageKeys, handOver?: readonly ArrayBuffer[]): Promise<JobResult>
  /** Takes the keys of an envelope from every thread that has them, after the jobs before. */
  forget(envelope: number): Promise<void>
  /** Ends the threads, after the jobs before. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (result: JobResult) => void
  readonly reject: (error: ReinraumError) => void
}

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
  /** envelopes whose keys it has */
  readonly envelopes: Set<number>
  readonly ended: Promise<void>
}

const isSource = import.meta.url.endsWith('.ts')
/** The program of a thread: a file of this folder, of the same flavour as this one. */
const program = new URL(`./thread${isSource ? '.ts' : '.js'}`, import.meta.url)
const execArgv = isSource ? ['--conditions=source', '--disable-warning=ExperimentalWarning'] : []

/** A thread that dies fails the jobs that it had, and is replaced when there is something to do again. */
export function createThreadPool(threads: number, entry: URL = program): ThreadPool {
  const slots: (Thread | undefined)[] = Array.from({ length: threads }, (_, slot) => start(slot))
  let jobs = 0
  let closed = false

  function start(slot: number): Thread {
    const worker = new Worker(entry, { execArgv, env: {}, name: 'envelope' })
    const waiting = new Map<number, Waiting>()
    const ended = new Promise<void>((resolve) => {
      let cause: unknown
      worker.on('error', (error) => {
        cause = error
      })
      worker.on('messageerror', () => void worker.terminate())
      worker.on('exit', () => {
        slots[slot] = undefined
        for (const { reject } of waiting.values()) reject(new ReinraumError('internal', 'a thread ended in its work', { cause }))
        resolve()
      })
    })
    worker.on('message', (reply: Reply) => {
      const caller = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('result' in reply) caller?.resolve(reply.result)
      else caller?.reject(failureOf(reply.failure, reply.system))
    })
    return { worker, waiting, envelopes: new Set(), ended }
  }

  const send = (thread: Thread, job: Job, keys?: MessageKeys, handOver: readonly ArrayBuffer[] = []): Promise<JobResult> =>
    new Promise((resolve, reject) => {
      const id = jobs++
      const taken = keys === undefined ? undefined : copyOf(keys)
      const request: Request = { id, job, ...(taken === undefined ? {} : { keys: taken }) }
      thread.worker.postMessage(request, [
        ...handOver,
        ...(taken === undefined ? [] : [taken.key.buffer, taken.baseNonce.buffer]),
      ])
      thread.waiting.set(id, { resolve, reject })
    })

  return {
    threads,
    async run(job, keys, handOver) {
      if (closed) throw new ReinraumError('unavailable', 'the threads were closed')
      const loads = slots.map((thread) => thread?.waiting.size ?? 0)
      const slot = loads.indexOf(Math.min(...loads))
      const thread = slots[slot] ?? start(slot)
      slots[slot] = thread
      const isKnown = thread.envelopes.has(job.envelope)
      thread.envelopes.add(job.envelope)
      return send(thread, job, isKnown ? undefined : keys, handOver)
    },
    async forget(envelope) {
      const holders = slots.filter((thread) => thread?.envelopes.delete(envelope) === true)
      // One that ended meanwhile has forgotten too.
      await Promise.allSettled(holders.map((thread) => thread && send(thread, { kind: 'forget', envelope })))
    },
    async close() {
      closed = true
      const open = slots.filter((thread) => thread !== undefined)
      for (const { worker } of open) worker.postMessage('close' satisfies Request)
      await Promise.all(open.map(({ ended }) => ended))
    },
  }
}

function copyOf({ key, baseNonce, commitment }: MessageKeys) {
  return { key: copySecret(key), baseNonce: copySecret(baseNonce), commitment }
}

function failureOf(code: ReinraumError['code'], system: string | undefined): ReinraumError {
  const cause = system === undefined ? {} : { cause: { code: system } }
  switch (code) {
    case 'decryption-failed':
      return new ReinraumError(code, 'the ciphertext does not open with this key and context')
    case 'storage-full':
      return new ReinraumError(code, 'no room left for the plaintext', cause)
    default:
      return new ReinraumError(code, 'a thread could not do its work', cause)
  }
}
