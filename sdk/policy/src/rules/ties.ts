import { type From, relationsOf } from '../analysis/block.ts'
import type { Column, Expression } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'

/** A dataset where it stands in FROM, also inside derived rows. */
export interface Place {
  /** names of the tables on the way to it */
  readonly key: string
  readonly slot: Slot
}

export type Join = Extract<From, { readonly kind: 'join' }>

export function placesIn(from: From, path = ''): readonly Place[] {
  return relationsOf(from).flatMap(({ table, source }): readonly Place[] => {
    if (source.kind === 'slot') return [{ key: path + table, slot: source.slot }]
    return source.kind === 'derived' ? placesIn(source.derived.from, `${path}${table}/`) : []
  })
}

export function joinsIn(from: From): readonly Join[] {
  const own: readonly Join[] = from.kind === 'relation' ? [] : [from, ...joinsIn(from.left), ...joinsIn(from.right)]
  if (from.kind === 'join') return own
  const { source } = from.relation
  return source.kind === 'derived' ? joinsIn(source.derived.from) : own
}

/**
 * Datasets that inner joins tie to the one at this place, also through others. A row that an outer join keeps is kept together
 * with those, so each of its rows has met one of each of them.
 */
export function tiedTo({ key }: Place, from: From): readonly Slot[] {
  const ties = tiesIn(from, '')
  let tied = new Set([key])
  for (let size = 0; size < tied.size; ) {
    size = tied.size
    tied = new Set([...tied, ...ties.filter((keys) => keys.some((k) => tied.has(k))).flat()])
  }
  return placesIn(from).flatMap((place) => (tied.has(place.key) ? [place.slot] : []))
}

/** Places of which an equality has values of both, and so rows of both. */
function tiesIn(from: From, path: string): readonly (readonly string[])[] {
  if (from.kind === 'relation') {
    const { table, source } = from.relation
    return source.kind === 'derived' ? tiesIn(source.derived.from, `${path}${table}/`) : []
  }
  const here =
    from.join === 'inner'
      ? from.equalities.map(({ left, right }) => [...placeOf(left, from, path), ...placeOf(right, from, path)])
      : []
  return [...tiesIn(from.left, path), ...tiesIn(from.right, path), ...here]
}

/** Of a plain column: what is computed may have a value where one of its columns has none. */
function placeOf(value: Expression, from: From, path: string): readonly string[] {
  if (value.kind !== 'column') return []
  const column: Column = value
  const source = relationsOf(from).find((r) => r.table === column.table)?.source
  if (source?.kind === 'slot') return [path + column.table]
  if (source?.kind !== 'derived') return []
  const behind = source.derived.columns.find((c) => c.name === column.name)
  if (behind === undefined || behind.value === null || behind.operation !== null) return []
  return placeOf(behind.value, source.derived.from, `${path}${column.table}/`)
}
