import { decimalShape, type Type } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'

/**
 * CASE and not least(greatest(…)), which take NULL for absent and would make it a bound. NaN and infinity are larger than
 * any number for DuckDB and become the upper bound.
 */
export function clamped(node: Node, type: Type, bounds: readonly [number, number] | null): Node {
  const value = wide(node, type)
  if (bounds === null) return value
  const [low, high] = [limit(type, bounds[0], Math.ceil), limit(type, bounds[1], Math.floor)]
  const branches = [
    ...(low === null ? [] : [{ when: ast.comparison('COMPARE_LESSTHAN', value, low), result: low }]),
    ...(high === null ? [] : [{ when: ast.comparison('COMPARE_GREATERTHAN', value, high), result: high }]),
  ]
  return branches.length === 0 ? value : ast.chooseFirst(branches, value)
}

function wide(node: Node, type: Type): Node {
  if (type.family === 'double') return type.sql === 'DOUBLE' && node.class === 'COLUMN_REF' ? node : ast.cast(node, 'DOUBLE')
  return type.family === 'integer' && type.sql !== 'BIGINT' ? ast.cast(node, 'BIGINT') : node
}

/** A bound in the value's type; null where no value of the type can pass it. */
function limit(type: Type, bound: number, inward: (n: number) => number): Node | null {
  switch (type.family) {
    case 'integer': {
      const whole = BigInt(inward(bound))
      return whole >= 1n << 63n || whole <= -(1n << 63n) ? null : ast.cast(ast.integer(whole), 'BIGINT')
    }
    case 'decimal': {
      const { width, scale } = decimalShape(type)
      if (Math.abs(bound) >= 10 ** (width - scale)) return null
      return ast.cast(ast.text(fixedText(bound, scale)), type.sql)
    }
    default:
      return ast.cast(ast.text(bound.toString()), 'DOUBLE')
  }
}

/** toFixed gives up above 1e21 and writes an exponent. */
function fixedText(bound: number, scale: number): string {
  return Math.abs(bound) < 1e21 ? bound.toFixed(scale) : BigInt(bound).toString()
}
