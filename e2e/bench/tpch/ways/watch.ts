import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { mostMemory, waitingQueryProcess } from './query-process.ts'

// A program beside the one that measures. Each line that it reads is about the next query process below its parent: it says so when
// that waits for its job, and at the next line what it used at most, in bytes.

let watched: number | undefined
let most = 0
// As often as a process of some tens of milliseconds needs; what it reads costs some twenty microseconds.
setInterval(() => {
  if (watched !== undefined) most = Math.max(most, mostMemory(watched))
}, 10).unref()

for await (const _ of createInterface({ input: process.stdin })) {
  if (watched === undefined) {
    watched = await waitingQueryProcess(process.ppid, sleep)
    most = 0
    process.stdout.write('waiting\n')
  } else {
    watched = undefined
    process.stdout.write(`${most}\n`)
  }
}
