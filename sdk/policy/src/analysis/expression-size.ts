import { refuse } from '../reasons.ts'
import { childrenOf, type Expression } from './expression.ts'

// A name stands for a whole expression: an alias, or a column of a subquery over rows. `a + a AS b, b + b AS c, …` is a short
// text and an expression that doubles with every name, so it is measured before anything walks it.

const maximumSize = 10_000
const maximumDepth = 500

interface Extent {
  readonly size: number
  readonly depth: number
}

const known = new WeakMap<Expression, Extent>()

/** Refuses an expression that is too large once all names in it are replaced by what they stand for. */
export function checkSize(expression: Expression, offset: number | undefined): void {
  const { size, depth } = extentOf(expression)
  if (size > maximumSize || depth > maximumDepth) refuse('too-complex', 'an expression is too large or too deeply nested', offset)
}

/** Each part is measured once, however often it is named. */
function extentOf(expression: Expression): Extent {
  const found = known.get(expression)
  if (found !== undefined) return found
  const parts = childrenOf(expression).map(extentOf)
  const extent = {
    size: parts.reduce((sum, part) => sum + part.size, 1),
    depth: parts.reduce((most, part) => Math.max(most, part.depth), 0) + 1,
  }
  known.set(expression, extent)
  return extent
}
