import { dirname } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'

/** Whose statements are counted: of the databases in this folder, or everybody's. */
let counted: string | undefined
let ran = 0
let last = Number.POSITIVE_INFINITY

/** Counts from now on, in this process, what the databases are given, or those in this folder. */
export function countStatements(folder?: string): void {
  counted = folder
  ran = 0
  last = Number.POSITIVE_INFINITY
}

/** How many statements SQLite was given since. */
export function statementsRun(): number {
  return ran
}

/** Counts from now on, and ends the process with -9 when SQLite is about to be given one statement more than this. */
export function dieAfter(statements: number, folder?: string): void {
  countStatements(folder)
  last = statements
}

const folders = new WeakMap<StatementSync, string>()

function count(statement: StatementSync): void {
  if (counted !== undefined && folders.get(statement) !== counted) return
  if (ran >= last) process.kill(process.pid, 'SIGKILL')
  ran += 1
}

const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function (...parameters) {
  const statement = prepare.apply(this, parameters)
  folders.set(statement, dirname(this.location() ?? ''))
  return statement
}

const { run, all } = StatementSync.prototype
StatementSync.prototype.run = function (...parameters) {
  count(this)
  return run.apply(this, parameters as never)
}
StatementSync.prototype.all = function (...parameters) {
  count(this)
  return all.apply(this, parameters as never)
}
