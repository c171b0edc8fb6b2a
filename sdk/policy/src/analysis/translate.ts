import {
  betweenNode,
  caseNode,
  castNode,
  columnRefNode,
  comparisonNode,
  conjunctionNode,
  type FunctionNode,
  functionNode,
  type LogicalType,
  operatorNode,
} from '../ast/nodes.ts'
import { offsetOf, offsetWithin, read, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { isAggregateName } from './aggregate-names.ts'
import { translateCall } from './calls.ts'
import { castConstant, constantOf } from './constants.ts'
import type { Expression } from './expression.ts'
import { checkSize } from './expression-size.ts'
import { between, commonTypeOf, compare, isIn, requireBoolean } from './operators.ts'
import type { ParameterBinder } from './parameters.ts'
import { type SubqueryReader, translateSubquery } from './subqueries.ts'
import { booleanType, decimalType, intervalType, type Type, typeOfColumn } from './types.ts'

/** What names and aggregates mean where an expression stands. */
export interface Environment {
  readonly column: (names: readonly string[], offset: number | undefined) => Expression
  /** refuses where no aggregate may stand */
  readonly aggregate: (node: FunctionNode) => Expression
  /** an expression that has a meaning as a whole, such as one that GROUP BY lists */
  readonly known?: (node: unknown) => Expression | undefined
  readonly parameters: ParameterBinder
  /** absent where no subquery may stand */
  readonly subquery?: SubqueryReader
  /** absent where no window may stand */
  readonly window?: (node: unknown) => Expression
}

/** What every expression of a query block may name beside columns. */
export type Surroundings = Required<Pick<Environment, 'parameters' | 'subquery'>>

/** Reads one expression; a class of node that is not listed here refuses. */
export function translate(node: unknown, environment: Environment): Expression {
  const value = translated(node, environment)
  checkSize(value, offsetWithin(node))
  return value
}

function translated(node: unknown, environment: Environment): Expression {
  const known = environment.known?.(node)
  if (known !== undefined) return known
  const inner = (child: unknown) => translate(child, environment)
  switch (tagOf(node, 'class')) {
    case 'COLUMN_REF':
      return environment.column(read(columnRefNode, node).column_names, offsetOf(node))
    case 'CONSTANT':
      return constantOf(node)
    case 'PARAMETER':
      return environment.parameters.constant(node)
    case 'FUNCTION':
      return translateFunction(node, environment)
    case 'CAST':
      return translateCast(node, inner)
    case 'COMPARISON': {
      const { type, left, right } = read(comparisonNode, node)
      return compare(type, inner(left), inner(right), offsetWithin(node))
    }
    case 'CONJUNCTION': {
      const { type, children } = read(conjunctionNode, node)
      const terms = children.map((child) => requireBoolean(inner(child), offsetWithin(child)))
      return { kind: 'logic', op: type === 'CONJUNCTION_AND' ? 'and' : 'or', terms, type: booleanType }
    }
    case 'OPERATOR':
      return translateOperator(node, inner)
    case 'BETWEEN': {
      const { input, lower, upper } = read(betweenNode, node)
      return between(inner(input), inner(lower), inner(upper), offsetWithin(node))
    }
    case 'CASE':
      return translateCase(node, inner)
    case 'SUBQUERY':
      return environment.subquery === undefined ? refuseClass(node) : translateSubquery(node, environment.subquery, inner)
    case 'WINDOW':
      return environment.window?.(node) ?? refuseClass(node)
    default:
      return refuseClass(node)
  }
}

function refuseClass(node: unknown): never {
  const offset = offsetWithin(node)
  switch (tagOf(node, 'class')) {
    case 'STAR':
      return refuse('star-not-allowed', 'name the columns: * and COLUMNS(…) are not allowed', offset)
    case 'SUBQUERY':
      return refuse('subquery-not-allowed', 'no subquery may stand here', offset)
    case 'WINDOW':
      return refuse('window-not-allowed', 'a window stands over released values only, in SELECT, QUALIFY and ORDER BY', offset)
    default:
      return refuse('construct-not-allowed', 'this expression is not allowed', offset)
  }
}

function translateFunction(node: unknown, environment: Environment): Expression {
  const message = 'ORDER BY inside a function and qualified function names are not allowed'
  const call = read(functionNode, node, 'function-not-allowed', message)
  if (isAggregateName(call.function_name)) {
    if (call.schema !== '') refuse('function-not-allowed', message, offsetWithin(node))
    return environment.aggregate(call)
  }
  return translateCall(call, (child) => translate(child, environment))
}

/** Types a query may cast to, under the names of the parser. */
export function castTarget({ id, type_info }: LogicalType): Type | undefined {
  if (id === 'INTERVAL') return intervalType
  if (id === 'DECIMAL') return type_info === null ? undefined : decimalType(type_info.width, type_info.scale)
  const plain = ['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DOUBLE', 'VARCHAR', 'DATE', 'TIME', 'TIMESTAMP'] as const
  const target = plain.find((name) => name === id)
  return target === undefined || type_info !== null ? undefined : typeOfColumn(target)
}

function translateCast(node: unknown, inner: (child: unknown) => Expression): Expression {
  const { child, cast_type } = read(castNode, node, 'type-mismatch', 'a cast to this type is not allowed')
  const type = castTarget(cast_type)
  if (type === undefined) return refuse('type-mismatch', 'a cast to this type is not allowed', offsetWithin(node))
  const value = inner(child)
  const literal = value.kind === 'constant' ? castConstant(value, type, child) : undefined
  if (literal === undefined && type.family === 'interval') {
    refuse('type-mismatch', 'an interval is a constant', offsetWithin(node))
  }
  if (value.type.sql === type.sql && value.type.family === 'boolean') return value
  return literal ?? { kind: 'cast', value, type }
}

function translateOperator(node: unknown, inner: (child: unknown) => Expression): Expression {
  const { type, children } = read(operatorNode, node)
  const offset = offsetWithin(node)
  const [first, ...rest] = children.map(inner)
  if (first === undefined) return refuseClass(node)
  switch (type) {
    case 'OPERATOR_COALESCE':
      return { kind: 'coalesce', values: [first, ...rest], type: commonTypeOf([first, ...rest], offset) }
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      return isIn(first, rest, type === 'COMPARE_NOT_IN', offset)
  }
  if (rest.length > 0) return refuseClass(node)
  if (type === 'OPERATOR_NOT') return { kind: 'not', term: requireBoolean(first, offset), type: booleanType }
  return { kind: 'isNull', value: first, negated: type === 'OPERATOR_IS_NOT_NULL', type: booleanType }
}

function translateCase(node: unknown, inner: (child: unknown) => Expression): Expression {
  const { case_checks, else_expr } = read(caseNode, node)
  const branches = case_checks.map(({ when_expr, then_expr }) => ({
    when: requireBoolean(inner(when_expr), offsetWithin(when_expr)),
    result: inner(then_expr),
  }))
  const otherwise = inner(else_expr)
  const type = commonTypeOf([...branches.map((b) => b.result), otherwise], offsetWithin(node))
  return { kind: 'case', branches, otherwise, type }
}
