import type { ComparisonType } from '../ast/nodes.ts'
import { refuse } from '../reasons.ts'
import { convertConstant } from './constants.ts'
import type { Expression } from './expression.ts'
import { booleanType, commonType, comparable, type Type } from './types.ts'

type Offset = number | undefined

/** A comparison that cannot fail: constants take the type of the other side here, everything else must be of one family. */
export function compare(op: ComparisonType, a: Expression, b: Expression, offset: Offset): Expression {
  const left = adapt(a, b.type, offset)
  const right = adapt(b, a.type, offset)
  if (!comparable(left.type, right.type)) {
    refuse('type-mismatch', `${left.type.sql} and ${right.type.sql} cannot be compared; use IS NULL for NULL`, offset)
  }
  return { kind: 'compare', op, left, right, type: booleanType }
}

function adapt(expression: Expression, other: Type, offset: Offset): Expression {
  if (expression.kind !== 'constant' || expression.type.family === other.family) return expression
  const written = expression.type.family === 'text' && ['date', 'timestamp', 'time', 'boolean'].includes(other.family)
  const widened = expression.type.family === 'date' && other.family === 'timestamp'
  return written || widened ? convertConstant(expression, other, offset) : expression
}

export function between(input: Expression, lower: Expression, upper: Expression, offset: Offset): Expression {
  const terms = [
    compare('COMPARE_GREATERTHANOREQUALTO', input, lower, offset),
    compare('COMPARE_LESSTHANOREQUALTO', input, upper, offset),
  ]
  return { kind: 'logic', op: 'and', terms, type: booleanType }
}

export function isIn(value: Expression, options: readonly Expression[], negated: boolean, offset: Offset): Expression {
  const adapted = options.map((option) => {
    if (option.kind !== 'constant') return refuse('construct-not-allowed', 'IN takes a list of constants', offset)
    const constant = adapt(option, value.type, offset)
    if (!comparable(value.type, constant.type)) {
      refuse('type-mismatch', `${value.type.sql} and ${constant.type.sql} cannot be compared`, offset)
    }
    return constant
  })
  if (adapted.length === 0) refuse('construct-not-allowed', 'IN takes a list of constants', offset)
  return { kind: 'in', value, options: adapted, negated, type: booleanType }
}

export function requireBoolean(expression: Expression, offset: Offset): Expression {
  return expression.type.family === 'boolean'
    ? expression
    : refuse('type-mismatch', 'a condition is true or false; this is not', offset)
}

export function commonTypeOf(values: readonly Expression[], offset: Offset): Type {
  const types = values.map((v) => v.type)
  const common = types.reduce<Type | undefined>((a, b) => a && commonType(a, b), types[0])
  return common ?? refuse('type-mismatch', 'the values have no common type', offset)
}

export function conjunctionOf(terms: readonly Expression[]): Expression {
  const [first, ...rest] = terms
  if (first === undefined) throw new Error('a conjunction has a term')
  return rest.length === 0 ? first : { kind: 'logic', op: 'and', terms, type: booleanType }
}
