import { bigintType, dateType, doubleType, type Family, type Type, textType, timestampType } from './types.ts'

// Scalar functions of DuckDB 1.5 that are deterministic, have no side effect, give back one value and need nothing but
// their arguments. Arguments written as a list of words must be one of those words, as a constant.

type Argument = readonly Family[] | { readonly words: readonly string[] } | { readonly constant: Family }

export interface ScalarFunction {
  /** the name in the rewritten query */
  readonly name: FunctionName
  readonly args: readonly Argument[]
  readonly result: (args: readonly Type[]) => Type
  /** never fails on any value; all others are written inside TRY */
  readonly total: boolean
  /** floating-point functions get every numeric argument as DOUBLE */
  readonly double?: boolean
}

const day: Argument = ['date', 'timestamp']
const clock: Argument = ['timestamp', 'time']
const text: Argument = ['text']
const numeric: Argument = ['integer', 'decimal', 'double']
const wholeNumber: Argument = { constant: 'integer' }

const dateParts = [
  'century',
  'day',
  'dayofweek',
  'dayofyear',
  'decade',
  'dow',
  'doy',
  'isodow',
  'isoyear',
  'millennium',
  'month',
  'quarter',
  'week',
  'weekday',
  'year',
]
const truncations = ['century', 'day', 'decade', 'month', 'quarter', 'week', 'year']
const timeParts = ['hour', 'minute', 'second']

const always = (type: Type) => () => type
const sameAsFirst = ([first]: readonly Type[]) => first ?? doubleType

function define(name: string, args: readonly Argument[], result: Type, total = false): ScalarFunction {
  return { name: name as FunctionName, args, result: always(result), total }
}

function double(name: string, ...args: readonly Argument[]): ScalarFunction {
  return { ...define(name, [numeric, ...args], doubleType), double: true }
}

/** Opaque to its users: only this table makes one, so a call in the IR is a call of a listed function. */
export type FunctionName = string & { readonly listed: unique symbol }

const overloads: readonly ScalarFunction[] = [
  ...['year', 'month', 'day', 'quarter'].map((name) => define(name, [day], bigintType, true)),
  ...['week', 'dayofweek', 'weekday', 'isodow', 'dayofyear', 'isoyear', 'decade', 'century'].map((name) =>
    define(name, [day], bigintType),
  ),
  ...['hour', 'minute'].map((name) => define(name, [clock], bigintType)),
  define('date_part', [{ words: dateParts }, day], bigintType),
  define('date_part', [{ words: timeParts }, clock], bigintType),
  // over a DATE, DuckDB 1.5 gives a TIMESTAMP too
  define('date_trunc', [{ words: truncations }, day], timestampType),
  define('date_trunc', [{ words: timeParts }, ['timestamp']], timestampType),
  define('last_day', [day], dateType),
  define('monthname', [day], textType),
  define('dayname', [day], textType),
  define('strftime', [day, { constant: 'text' }], textType),
  ...['lower', 'upper', 'trim', 'ltrim', 'rtrim'].map((name) => define(name, [text], textType, true)),
  define('length', [text], bigintType, true),
  define('left', [text, wholeNumber], textType),
  define('right', [text, wholeNumber], textType),
  define('substring', [text, wholeNumber], textType),
  define('substring', [text, wholeNumber, wholeNumber], textType),
  double('round'),
  double('round', wholeNumber),
  double('floor'),
  double('ceil'),
  { ...define('abs', [['integer']], bigintType), result: sameAsFirst },
  double('abs'),
  double('sqrt'),
  double('ln'),
  double('log10'),
]

/** Judged like the others, but they tell more than most owners expect: they run where the rules of all datasets read add them. */
const addable: readonly ScalarFunction[] = [
  // how near a text is to a given one: some questions find it out
  define('levenshtein', [text, { constant: 'text' }], bigintType),
]

const aliases: Readonly<Record<string, string>> = {
  datepart: 'date_part',
  datetrunc: 'date_trunc',
  dayofmonth: 'day',
  weekofyear: 'week',
  lcase: 'lower',
  ucase: 'upper',
  len: 'length',
  substr: 'substring',
  ceiling: 'ceil',
}

/** The overloads of a function the guard knows, none if it knows no such function. */
export function functionsNamed(name: string): readonly ScalarFunction[] {
  const canonical = functionName(name)
  return [...overloads, ...addable].filter((f) => f.name === canonical)
}

/** The name in the tables of a function as a query writes it. */
export function functionName(name: string): string {
  const lower = name.toLowerCase()
  return Object.hasOwn(aliases, lower) ? (aliases[lower] ?? lower) : lower
}

/** What a rule's `scalarFunctions` can add. */
export const addableFunctionNames: ReadonlySet<string> = new Set(addable.map((f) => f.name))

/** Names the bound plan may hold because of this table. */
export const scalarFunctionNames: ReadonlySet<string> = new Set([...overloads, ...addable].map((f) => f.name))
