import { doubleType, type Family, type Type } from './types.ts'

// Scalar functions of DuckDB 1.5 that are deterministic, have no side effect, give back one value and need nothing but
// their arguments: no clock, no time zone, no locale. What they give back is no longer than a bound, whatever goes in.

/** Families of values, one of some words, or a constant, of which some fit. */
export type Argument =
  | readonly Family[]
  | { readonly words: readonly string[] }
  | { readonly constant: Family; readonly fits?: (text: string) => boolean }

export interface ScalarFunction {
  /** the name in the rewritten query */
  readonly name: FunctionName
  readonly args: readonly Argument[]
  /** what any number of further arguments are */
  readonly rest?: Argument
  readonly result: (args: readonly Type[]) => Type
  /** never fails on any value; all others are written inside TRY */
  readonly total: boolean
  /** floating-point functions get every numeric argument as DOUBLE */
  readonly double?: boolean
  /** texts grow here, so they are cut */
  readonly grows?: boolean
}

/** Opaque to its users: only the tables make one, so a call in the IR is a call of a listed function. */
export type FunctionName = string & { readonly listed: unique symbol }

/** The operators that are calls too: dates and intervals, LIKE. */
export function operatorName(name: '+' | '-' | '~~' | '!~~' | '~~*' | '!~~*'): FunctionName {
  return name as string as FunctionName
}

export const day: Argument = ['date', 'timestamp']
export const clock: Argument = ['timestamp', 'time']
export const text: Argument = ['text']
export const numeric: Argument = ['integer', 'decimal', 'double']
export const wholeNumber: Argument = { constant: 'integer' }
export const constantText: Argument = { constant: 'text' }
/** A period of no length, or back in time, is an error that TRY does not catch. */
export const period: Argument = { constant: 'interval', fits: (text) => /^[1-9]/.test(text) }

export const sameAsFirst = ([first]: readonly Type[]) => first ?? doubleType

export function define(name: string, args: readonly Argument[], result: Type, total = false): ScalarFunction {
  return { name: name as FunctionName, args, result: () => result, total }
}

export function double(name: string, ...args: readonly Argument[]): ScalarFunction {
  return { ...define(name, [numeric, ...args], doubleType), double: true }
}
