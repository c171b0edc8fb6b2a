import { type Constant, type Expression, keyOf, type Moments } from '../analysis/expression.ts'
import { doubleType, isNumeric, timestampType } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { clamped } from './clamp.ts'
import { windowReference } from './layers.ts'
import { writeScalar } from './values.ts'

/** An expression as SQL that yields a value or NULL for any data: TRY, TRY_CAST and explicit types throughout. */
export function write(expression: Expression): Node {
  switch (expression.kind) {
    case 'column':
      return ast.column(expression.table, expression.name)
    case 'constant':
      return writeConstant(expression)
    case 'call':
      return writeCall(expression)
    case 'arithmetic':
      return writeArithmetic(expression)
    case 'cast': {
      const cast = ast.cast(write(expression.value), expression.type.sql, true)
      // TRY_CAST lets the error through that an infinite TIMESTAMP has no time of day
      return expression.type.family === 'time' && expression.value.type.family === 'timestamp' ? attempt(cast) : cast
    }
    case 'clamp':
      return ast.cast(clamped(write(expression.value), expression.value.type, expression.bounds), expression.type.sql)
    case 'exact':
      return ast.call(expression.op, [write(expression.left), write(expression.right)])
    case 'coalesce':
      return ast.operator(
        'OPERATOR_COALESCE',
        expression.values.map((v) => as(v, expression.type.sql)),
      )
    case 'nullif': {
      const [left, right] = [as(expression.left, expression.type.sql), as(expression.right, expression.type.sql)]
      return ast.choose(ast.comparison('COMPARE_EQUAL', left, right), ast.nothing(), left)
    }
    case 'case': {
      const branches = expression.branches.map((b) => ({ when: write(b.when), result: as(b.result, expression.type.sql) }))
      return ast.chooseFirst(branches, as(expression.otherwise, expression.type.sql))
    }
    case 'moments':
      return writeMoments(expression)
    case 'compare':
      return writeComparison(expression.op, expression.left, expression.right)
    case 'logic':
      return ast.conjunction(expression.op, expression.terms.map(write))
    case 'not':
      return ast.negation(write(expression.term))
    case 'in': {
      const common = comparisonType(expression.value, ...expression.options)
      const terms = [expression.value, ...expression.options].map((e) => (common === null ? write(e) : as(e, common)))
      return ast.operator(expression.negated ? 'COMPARE_NOT_IN' : 'COMPARE_IN', terms)
    }
    case 'window':
      return windowReference(keyOf(expression))
    case 'scalar':
      return writeScalar(expression)
    case 'inBlock': {
      const { value, block, listed } = expression
      const common = comparisonType(value, listed)
      const [a, b] = [value, listed].map((e) => (common === null ? write(e) : as(e, common))) as [Node, Node]
      return ast.isAmong(a, ast.select({ list: [b], from: ast.table(block, listed.table) }))
    }
    case 'isNull':
      return ast.operator(expression.negated ? 'OPERATOR_IS_NOT_NULL' : 'OPERATOR_IS_NULL', [write(expression.value)])
  }
}

function writeConstant({ type, text }: Constant): Node {
  if (text === null) return ast.nothing()
  if (type.family === 'integer') return ast.integer(BigInt(text))
  return type.family === 'text' ? ast.text(text) : ast.cast(ast.text(text), type.sql)
}

/** The value under a type that every value of it has a place in. */
export function as(expression: Expression, sql: string): Node {
  if (expression.type.sql === sql || expression.type.family === 'null') return write(expression)
  if (expression.kind === 'constant' && expression.text !== null && sql === doubleType.sql) {
    return ast.cast(ast.text(expression.text), sql)
  }
  return ast.cast(write(expression), sql, true)
}

function attempt(node: Node): Node {
  return ast.operator('OPERATOR_TRY', [node])
}

function writeCall({ name, args, total }: Extract<Expression, { kind: 'call' }>): Node {
  const call = ast.call(name, args.map(write))
  return total ? call : attempt(call)
}

function writeArithmetic({ op, left, right, type }: Extract<Expression, { kind: 'arithmetic' }>): Node {
  if (op === '||') return ast.call(op, [write(left), write(right)])
  const [a, b] = [as(left, type.sql), as(right, type.sql)]
  const result = type.family === 'integer' ? attempt(ast.call(op, [a, b])) : ast.call(op, [a, b])
  if (op === '+' || op === '-' || op === '*') return result
  return ast.choose(ast.comparison('COMPARE_EQUAL', b, ast.integer(0n)), ast.nothing(), result)
}

/** Mixed numbers meet as DOUBLE and dates with timestamps as TIMESTAMP: the engine's own choice of a type can overflow. */
function comparisonType(first: Expression, ...others: readonly Expression[]): string | null {
  const a = first.type
  const direct = others.every(({ type: b }) => a.sql === b.sql || (a.family === b.family && a.family !== 'decimal'))
  return direct ? null : isNumeric(a) ? doubleType.sql : timestampType.sql
}

function writeComparison(op: string, left: Expression, right: Expression): Node {
  const common = comparisonType(left, right)
  return common === null ? ast.comparison(op, write(left), write(right)) : ast.comparison(op, as(left, common), as(right, common))
}

/**
 * n·Σx² − (Σx)² over exact integers, so that equal runs give equal bytes whatever the order of rows; in DOUBLE only where
 * the exact product does not fit.
 */
function writeMoments({ count, sum, squares, scale, population, root }: Moments): Node {
  const [n, s, q] = [write(count), write(sum), write(squares)]
  const asDouble = (node: Node) => ast.cast(node, 'DOUBLE')
  const spread = (number: (node: Node) => Node) =>
    ast.call('-', [ast.call('*', [number(n), number(q)]), ast.call('*', [number(s), number(s)])])
  const exact = attempt(asDouble(spread((node) => ast.cast(node, 'HUGEINT'))))
  const rounded = ast.operator('OPERATOR_COALESCE', [exact, spread(asDouble)])
  const unit = ast.cast(ast.text(`1e${2 * scale}`), 'DOUBLE')
  const others = population ? asDouble(n) : asDouble(ast.call('-', [n, ast.integer(1n)]))
  const variance = ast.call('/', [ast.call('/', [ast.call('/', [rounded, unit]), asDouble(n)]), others])
  const smallest = ast.comparison('COMPARE_GREATERTHAN', n, ast.integer(population ? 0n : 1n))
  // rounding can leave a tiny negative number where all values are equal
  const positive = ast.call('greatest', [variance, asDouble(ast.integer(0n))])
  return ast.choose(smallest, root ? attempt(ast.call('sqrt', [positive])) : positive, ast.nothing())
}
