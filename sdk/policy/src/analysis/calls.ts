import type { FunctionNode } from '../ast/nodes.ts'
import { offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { exactConstant, integerConstant } from './constants.ts'
import type { ArithmeticOperator, Expression } from './expression.ts'
import { type FunctionName, operatorName, type ScalarFunction } from './function-table.ts'
import { commonTypeFunctions, functionsNamed } from './functions.ts'
import { intervalOf, isIntervalFunction } from './intervals.ts'
import { commonTypeOf } from './operators.ts'
import {
  bigintType,
  dateType,
  doubleType,
  integerType,
  isNumeric,
  isTemporal,
  type Type,
  textType,
  timestampType,
} from './types.ts'

const operators: readonly string[] = ['+', '-', '*', '/', '//', '%', '||']

/** Whether a query may call a function or operator of this name, with arguments that fit. */
export function isCallable(name: string): boolean {
  const own = operators.includes(name) || name === 'mod' || name === 'nullif' || isIntervalFunction(name)
  return own || commonTypeFunctions.has(name) || functionsNamed(name).length > 0
}

/** Calls with a syntax of their own, such as extract(year FROM d), come out of the parser as main.date_part(…). */
const qualifiedByParser: readonly string[] = ['date_part', 'position', 'substring', 'trim', 'ltrim', 'rtrim']

/** A scalar function or operator; one that is not in the tables refuses. */
export function translateCall(call: FunctionNode, inner: (child: unknown) => Expression): Expression {
  const { function_name: name, children, distinct, schema, filter } = call
  const offset = offsetWithin(call)
  const bare = filter === null && call.order_bys.orders.length === 0 && !distinct
  if (!bare || (schema !== '' && !(schema === 'main' && qualifiedByParser.includes(name)))) {
    refuse('function-not-allowed', 'DISTINCT, FILTER, ORDER BY and qualified names are not allowed on this function', offset)
  }
  if (operators.includes(name)) return arithmetic(name as ArithmeticOperator, children.map(inner), offset)
  if (name === 'mod') return arithmetic('%', children.map(inner), offset)
  if (name === 'nullif') return nullif(children.map(inner), offset)
  const interval = intervalOf(call, inner)
  if (interval !== undefined) return interval
  if (commonTypeFunctions.has(name.toLowerCase())) return extreme(name.toLowerCase() as FunctionName, children.map(inner), offset)
  const candidates = functionsNamed(name)
  // not named in the message: a column may hide in the name or the schema of a method call
  if (candidates.length === 0) return refuse('function-not-allowed', 'this function is not on the list of safe functions', offset)
  const args = children.map(inner)
  const found = candidates.find((f) => accepts(f, args))
  if (found === undefined) return refuse('type-mismatch', `${name} does not take these arguments`, offset)
  const given = found.double === true ? args.map(asDouble) : args
  const result: Expression = {
    kind: 'call',
    name: found.name,
    args: given,
    total: found.total,
    type: found.result(args.map((a) => a.type)),
  }
  return found.grows === true ? cut(result) : result
}

const longest = 10_000n

/** A text that grew, no longer than a bound: growth in a chain of calls would be a failure that data decides. */
function cut(value: Expression): Expression {
  const [left] = functionsNamed('left')
  if (left === undefined) throw new Error('left is a listed function')
  return { kind: 'call', name: left.name, args: [value, integerConstant(longest)], total: false, type: textType }
}

/** greatest and least: NULL counts for nothing, as in DuckDB. */
function extreme(name: FunctionName, args: readonly Expression[], offset: number | undefined): Expression {
  if (args.length < 2) return refuse('type-mismatch', `${name} takes several values`, offset)
  const type = commonTypeOf(args, offset)
  if (type.family === 'null' || type.family === 'interval') refuse('type-mismatch', `${name} does not take these values`, offset)
  const same = args.map((value): Expression => (value.type.sql === type.sql ? value : { kind: 'cast', value, type }))
  return { kind: 'call', name, args: same, total: true, type }
}

function asDouble(value: Expression): Expression {
  return value.kind === 'constant' || value.type.sql === doubleType.sql ? value : { kind: 'cast', value, type: doubleType }
}

function accepts({ args: expected, rest }: ScalarFunction, args: readonly Expression[]): boolean {
  if (args.length < expected.length || (args.length > expected.length && rest === undefined)) return false
  return args.every((given, i) => {
    const want = expected[i] ?? rest
    if (want === undefined) return false
    if ('words' in want) {
      return given.kind === 'constant' && given.type.family === 'text' && want.words.includes(given.text ?? '')
    }
    if ('constant' in want) {
      const { constant, fits } = want
      return given.kind === 'constant' && given.type.family === constant && (fits === undefined || fits(given.text ?? ''))
    }
    return want.includes(given.type.family)
  })
}

function arithmetic(op: ArithmeticOperator, args: readonly Expression[], offset: number | undefined): Expression {
  const [left, right] = args
  if (left === undefined || args.length > 2) return refuse('function-not-allowed', `${op} does not take these arguments`, offset)
  if (right === undefined) return negate(op, left, offset)
  if (op === '||') {
    const isText = (value: Expression) => value.type.family === 'text'
    const texts = [left, right].map((value) =>
      isWritten(value.type) ? ({ kind: 'cast', value, type: textType } as const) : value,
    )
    const [a, b] = texts
    if (a === undefined || b === undefined || !texts.every(isText) || ![left, right].some(isText)) {
      return refuse('type-mismatch', '|| joins texts, or a text and a value', offset)
    }
    // a chain of results would double it without end
    return cut({ kind: 'arithmetic', op, left: a, right: b, type: textType })
  }
  const moved = moveDate(op, left, right)
  if (moved !== undefined) return moved
  if (!isNumeric(left.type) || !isNumeric(right.type)) refuse('type-mismatch', `${op} takes two numbers`, offset)
  const exact = exactConstant(op, left, right)
  if (exact !== undefined) return exact
  const whole = left.type.family === 'integer' && right.type.family === 'integer'
  if (!whole && (op === '//' || op === '%')) refuse('type-mismatch', `${op} takes two integers`, offset)
  return { kind: 'arithmetic', op, left, right, type: whole && op !== '/' ? bigintType : doubleType }
}

/** Values that beside a text are written as one, as in DuckDB. */
function isWritten({ family }: Type): boolean {
  return ['integer', 'decimal', 'double', 'date', 'timestamp', 'boolean'].includes(family)
}

/** A date or a time and an interval, a date and a number of days, or the days between two dates. */
function moveDate(op: ArithmeticOperator, left: Expression, right: Expression): Expression | undefined {
  if (op !== '+' && op !== '-') return undefined
  const call = (args: readonly Expression[], type: Type): Expression => {
    return { kind: 'call', name: operatorName(op), args, total: false, type }
  }
  if (op === '+' && isTemporal(right.type) && !isTemporal(left.type)) return moveDate(op, right, left)
  if (!isTemporal(left.type)) return undefined
  if (right.type.family === 'interval') return call([left, right], timestampType)
  if (left.type.family !== 'date') return undefined
  if (right.type.family === 'integer') return call([left, { kind: 'cast', value: right, type: integerType }], dateType)
  return op === '-' && right.type.family === 'date' ? call([left, right], bigintType) : undefined
}

function negate(op: ArithmeticOperator, value: Expression, offset: number | undefined): Expression {
  if (op !== '-' || !isNumeric(value.type)) return refuse('type-mismatch', 'only a number has a sign', offset)
  if (value.kind === 'constant' && value.text !== null) {
    return { ...value, text: value.text.startsWith('-') ? value.text.slice(1) : `-${value.text}` }
  }
  const type = value.type.family === 'integer' ? bigintType : doubleType
  return { kind: 'arithmetic', op: '-', left: integerConstant(0n), right: value, type }
}

function nullif(args: readonly Expression[], offset: number | undefined): Expression {
  const [left, right] = args
  if (left === undefined || right === undefined || args.length > 2) {
    return refuse('type-mismatch', 'nullif takes two arguments', offset)
  }
  return { kind: 'nullif', left, right, type: commonTypeOf([left, right], offset) }
}
