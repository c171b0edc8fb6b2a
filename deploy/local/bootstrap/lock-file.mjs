import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Takes a lock that a crash cannot leave behind for good: the file names its holder, and the lock of a process that is no
 * more is taken over. Returns `{ release }`, or `{ holder: pid }` while a live process has it.
 */
export function acquireLock(file) {
  mkdirSync(dirname(file), { recursive: true })
  const mine = `${JSON.stringify({ pid: process.pid, started: startOf(process.pid) })}\n`
  const aside = `${file}.${process.pid}`
  for (;;) {
    writeFileSync(aside, mine)
    // A link either appears whole or not at all: nobody ever reads a half-written lock.
    const taken = linkUnlessThere(aside, file)
    unlinkSync(aside)
    if (taken) return { release: () => releaseLock(file, mine) }
    const theirs = readOrUndefined(file)
    if (theirs === undefined) continue
    const holder = holderOf(theirs)
    if (holder !== undefined) return { holder }
    evict(file, theirs)
  }
}

/** Waits until the lock is free, saying once for whom; an aborted signal ends the waiting with an error. */
export async function waitForLock(file, { say, doing, signal }) {
  for (let told = false; ; told = true) {
    const lock = acquireLock(file)
    if (lock.holder === undefined) return lock
    if (!told) say(`Another start (process ${lock.holder}) is ${doing}; waiting for it`)
    await new Promise((resolve) => setTimeout(resolve, 250))
    if (signal?.aborted) throw new Error('Interrupted')
  }
}

// Two processes may find the same stale lock. Only the one whose rename caught exactly that lock may drop it; whoever
// caught a fresh one by accident puts it back.
function evict(file, stale) {
  const caught = `${file}.stale.${process.pid}`
  try {
    renameSync(file, caught)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (readFileSync(caught, 'utf8') !== stale) linkUnlessThere(caught, file)
  unlinkSync(caught)
}

function releaseLock(file, mine) {
  if (readOrUndefined(file) === mine) unlinkSync(file)
}

function holderOf(text) {
  try {
    const { pid, started } = JSON.parse(text)
    return Number.isInteger(pid) && pid > 0 && isRunning(pid, started) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Whether the process that began at `started` still runs: its number may belong to a later one by now. */
export function isRunning(pid, started) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return false
  }
  return started === null || startOf(pid) === started
}

/** When the process began, in the kernel's own count (proc_pid_stat(5), field 22); null where that cannot be read. */
export function startOf(pid) {
  const stat = readOrUndefined(`/proc/${pid}/stat`)
  return stat === undefined ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null)
}

function linkUnlessThere(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readOrUndefined(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
