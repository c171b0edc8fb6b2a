import type { FunctionNode } from '../ast/nodes.ts'
import { offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { integerConstant } from './constants.ts'
import type { ArithmeticOperator, Expression } from './expression.ts'
import { functionsNamed, type ScalarFunction } from './functions.ts'
import { commonTypeOf } from './operators.ts'
import { bigintType, doubleType, isNumeric, textType } from './types.ts'

const operators: readonly string[] = ['+', '-', '*', '/', '//', '%', '||']

/** Calls with a syntax of their own, such as extract(year FROM d), come out of the parser as main.date_part(…). */
const qualifiedByParser: readonly string[] = ['date_part', 'substring', 'trim', 'ltrim', 'rtrim']

/** A scalar function or operator; one that is not in the tables refuses. */
export function translateCall(call: FunctionNode, inner: (child: unknown) => Expression): Expression {
  const { function_name: name, children, distinct, schema, filter } = call
  const offset = offsetWithin(call)
  const bare = filter === null && call.order_bys.orders.length === 0 && !distinct
  if (!bare || (schema !== '' && !(schema === 'main' && qualifiedByParser.includes(name)))) {
    refuse('function-not-allowed', 'DISTINCT, FILTER, ORDER BY and qualified names are not allowed on this function', offset)
  }
  if (operators.includes(name)) return arithmetic(name as ArithmeticOperator, children.map(inner), offset)
  if (name === 'nullif') return nullif(children.map(inner), offset)
  const candidates = functionsNamed(name)
  // not named in the message: a column may hide in the name or the schema of a method call
  if (candidates.length === 0) return refuse('function-not-allowed', 'this function is not on the list of safe functions', offset)
  const args = children.map(inner)
  const found = candidates.find((f) => accepts(f, args))
  if (found === undefined) return refuse('type-mismatch', `${name} does not take these arguments`, offset)
  const given = found.double === true ? args.map(asDouble) : args
  return { kind: 'call', name: found.name, args: given, total: found.total, type: found.result(args.map((a) => a.type)) }
}

function asDouble(value: Expression): Expression {
  return value.kind === 'constant' || value.type.sql === doubleType.sql ? value : { kind: 'cast', value, type: doubleType }
}

function accepts({ args: expected }: ScalarFunction, args: readonly Expression[]): boolean {
  if (expected.length !== args.length) return false
  return expected.every((want, i) => {
    const given = args[i]
    if (given === undefined) return false
    if ('words' in want) {
      return given.kind === 'constant' && given.type.family === 'text' && want.words.includes(given.text ?? '')
    }
    if ('constant' in want) return given.kind === 'constant' && given.type.family === want.constant
    return want.includes(given.type.family)
  })
}

function arithmetic(op: ArithmeticOperator, args: readonly Expression[], offset: number | undefined): Expression {
  const [left, right] = args
  if (left === undefined || args.length > 2) return refuse('function-not-allowed', `${op} does not take these arguments`, offset)
  if (right === undefined) return negate(op, left, offset)
  if (op === '||') {
    if (left.type.family !== 'text' || right.type.family !== 'text') refuse('type-mismatch', '|| joins two texts', offset)
    return { kind: 'arithmetic', op, left, right, type: textType }
  }
  if (!isNumeric(left.type) || !isNumeric(right.type)) refuse('type-mismatch', `${op} takes two numbers`, offset)
  const whole = left.type.family === 'integer' && right.type.family === 'integer'
  if (!whole && (op === '//' || op === '%')) refuse('type-mismatch', `${op} takes two integers`, offset)
  return { kind: 'arithmetic', op, left, right, type: whole && op !== '/' ? bigintType : doubleType }
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
