import { StatementSync } from 'node:sqlite'

let ran = 0
let last = Number.POSITIVE_INFINITY

/** Counts from now on, in this process. */
export function countStatements(): void {
  ran = 0
  last = Number.POSITIVE_INFINITY
}

/** How many statements SQLite was given since. */
export function statementsRun(): number {
  return ran
}

/** Counts from now on, and ends the process with -9 when SQLite is about to be given one statement more than this. */
export function dieAfter(statements: number): void {
  countStatements()
  last = statements
}

function count(): void {
  if (ran >= last) process.kill(process.pid, 'SIGKILL')
  ran += 1
}

const { run, all } = StatementSync.prototype
StatementSync.prototype.run = function (...parameters) {
  count()
  return run.apply(this, parameters as never)
}
StatementSync.prototype.all = function (...parameters) {
  count()
  return all.apply(this, parameters as never)
}
