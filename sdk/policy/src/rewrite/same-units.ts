import type { From } from '../analysis/block.ts'
import type { Column } from '../analysis/expression.ts'

type Pair = readonly [Column, Column]

/**
 * For each unit the first of those that it is equal to in every row, itself where there is none before: an inner join on
 * units makes one unit of two. Where an outer join leaves both out, both are NULL.
 */
export function firstOfSame(units: readonly Column[], from: From): (unit: Column) => Column {
  const pairs = equalIn(from)
  return (unit) => units.find((other) => areEqual(other, unit, pairs)) ?? unit
}

function equalIn(from: From): readonly Pair[] {
  if (from.kind === 'relation') return []
  const below = [...equalIn(from.left), ...equalIn(from.right)]
  if (from.join !== 'inner') return below
  const own = from.equalities.flatMap(({ left, right }): readonly Pair[] =>
    left.kind === 'column' && right.kind === 'column' && left.type.sql === right.type.sql ? [[left, right]] : [],
  )
  return [...below, ...own]
}

function areEqual(a: Column, b: Column, pairs: readonly Pair[]): boolean {
  let reached: readonly Column[] = [a]
  for (let size = 0; size < reached.length; ) {
    size = reached.length
    const further = pairs.flatMap(([left, right]) => [
      ...(has(reached, left) && !has(reached, right) ? [right] : []),
      ...(has(reached, right) && !has(reached, left) ? [left] : []),
    ])
    reached = [...reached, ...further]
  }
  return has(reached, b)
}

export function has(columns: readonly Column[], column: Column): boolean {
  return columns.some((other) => isSame(other, column))
}

export function isSame(a: Column, b: Column): boolean {
  return a.table === b.table && a.name === b.name
}
