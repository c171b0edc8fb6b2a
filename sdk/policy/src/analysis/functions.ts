import type { ScalarFunction } from './function-table.ts'
import { functionsOfDates } from './functions-of-dates.ts'
import { functionsOfNumbers } from './functions-of-numbers.ts'
import { addableFunctions, functionsOfTexts } from './functions-of-texts.ts'

const overloads: readonly ScalarFunction[] = [
  ...functionsOfDates,
  ...functionsOfNumbers,
  ...functionsOfTexts,
  ...addableFunctions,
]

const aliases: Readonly<Record<string, string>> = {
  datepart: 'date_part',
  datetrunc: 'date_trunc',
  datediff: 'date_diff',
  datesub: 'date_sub',
  dayofmonth: 'day',
  weekofyear: 'week',
  strptime: 'try_strptime',
  lcase: 'lower',
  ucase: 'upper',
  len: 'length',
  substr: 'substring',
  ceiling: 'ceil',
  power: 'pow',
  '**': 'pow',
  '^': 'pow',
  log: 'log10',
  instr: 'strpos',
  position: 'strpos',
  prefix: 'starts_with',
  '^@': 'starts_with',
  suffix: 'ends_with',
}

/** The overloads of a function the guard knows, none if it knows no such function. */
export function functionsNamed(name: string): readonly ScalarFunction[] {
  const canonical = functionName(name)
  return overloads.filter((f) => f.name === canonical)
}

/** The name in the tables of a function as a query writes it. */
export function functionName(name: string): string {
  const lower = name.toLowerCase()
  return Object.hasOwn(aliases, lower) ? (aliases[lower] ?? lower) : lower
}

/** What a rule's `scalarFunctions` can add. */
export const addableFunctionNames: ReadonlySet<string> = new Set(addableFunctions.map((f) => f.name))

/** Functions with a translation of their own, and what of them a query writes. */
export const commonTypeFunctions: ReadonlySet<string> = new Set(['greatest', 'least'])

/** What the engine's own macro split_part is made of; no query can name them. */
export const macroParts: readonly string[] = ['array_extract', 'string_split']

/** Names the bound plan may hold because of this table. */
export const scalarFunctionNames: ReadonlySet<string> = new Set([
  ...overloads.map((f) => f.name),
  ...commonTypeFunctions,
  ...macroParts,
])
