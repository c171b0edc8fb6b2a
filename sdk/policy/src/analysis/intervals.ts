import type { FunctionNode } from '../ast/nodes.ts'
import { castNode, functionNode } from '../ast/nodes.ts'
import { offsetWithin, read, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { intervalText } from './constants.ts'
import type { Expression } from './expression.ts'
import { intervalType } from './types.ts'

/** `INTERVAL 3 MONTH` comes out of the parser as to_months(…) of the number in casts. */
const units: Readonly<Record<string, string>> = {
  to_years: 'years',
  to_quarters: 'quarters',
  to_months: 'months',
  to_weeks: 'weeks',
  to_days: 'days',
  to_hours: 'hours',
  to_minutes: 'minutes',
  to_seconds: 'seconds',
}

export function isIntervalFunction(name: string): boolean {
  return Object.hasOwn(units, name)
}

/** A constant length of time; one that depends on data is not allowed. */
export function intervalOf(call: FunctionNode, inner: (child: unknown) => Expression): Expression | undefined {
  const unit = Object.hasOwn(units, call.function_name) ? units[call.function_name] : undefined
  if (unit === undefined || call.children.length !== 1) return undefined
  const number = inner(withoutCasts(call.children[0]))
  const text = number.kind === 'constant' ? intervalText(`${number.text} ${unit}`) : undefined
  if (text !== undefined) return { kind: 'constant', type: intervalType, text }
  return refuse('constant-not-allowed', 'an interval is a whole constant number of units', offsetWithin(call))
}

function withoutCasts(node: unknown): unknown {
  if (tagOf(node, 'class') === 'CAST') return withoutCasts(read(castNode, node).child)
  if (tagOf(node, 'class') !== 'FUNCTION') return node
  const { function_name: name, children } = read(functionNode, node, 'constant-not-allowed', 'an interval is a constant')
  return name === 'trunc' && children.length === 1 ? withoutCasts(children[0]) : node
}
