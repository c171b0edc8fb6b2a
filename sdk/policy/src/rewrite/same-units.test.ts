import { describe, expect, test } from 'vitest'
import type { From, Relation } from '../analysis/block.ts'
import type { Column } from '../analysis/expression.ts'
import { firstOfSame } from './same-units.ts'

const unitOf = (table: string, sql = 'BIGINT'): Column => ({
  kind: 'column',
  table,
  name: 'person',
  type: { family: sql === 'BIGINT' ? 'integer' : 'text', sql },
  slot: table,
})
const rows = (table: string): From => ({ kind: 'relation', relation: { table } as Relation })
const joined = (
  join: 'inner' | 'left' | 'full' | 'cross',
  left: From,
  right: From,
  ...on: (readonly [Column, Column])[]
): From => ({
  kind: 'join',
  join,
  left,
  right,
  equalities: on.map(([a, b]) => ({ left: a, right: b })),
})
const [a, b, c] = [unitOf('a'), unitOf('b'), unitOf('c')]
const units = [a, b, c]
const tables = (from: From) => units.map((unit) => firstOfSame(units, from)(unit).table)

describe('units are one', () => {
  test('where an inner join makes them equal, also through a third', () => {
    expect(tables(joined('inner', joined('inner', rows('a'), rows('b'), [a, b]), rows('c'), [b, c]))).toEqual(['a', 'a', 'a'])
    expect(tables(joined('inner', rows('a'), joined('inner', rows('c'), rows('b'), [c, b]), [b, a]))).toEqual(['a', 'a', 'a'])
  })

  test('where an outer join leaves both of an inner join out', () => {
    const far = joined('inner', rows('b'), rows('c'), [b, c])
    expect(tables(joined('left', rows('a'), far, [a, b]))).toEqual(['a', 'b', 'b'])
  })
})

describe('units are two', () => {
  test.each(['left', 'full', 'cross'] as const)('in a %s join, whose far side may have none', (join) => {
    expect(tables(joined(join, joined('inner', rows('a'), rows('b'), [a, b]), rows('c'), [b, c]))).toEqual(['a', 'a', 'c'])
  })

  test('where the join is on something else, or brings them to another type', () => {
    const other = (unit: Column): Column => ({ ...unit, name: 'region' })
    expect(tables(joined('inner', rows('a'), rows('b'), [other(a), other(b)]))).toEqual(['a', 'b', 'c'])
    expect(tables(joined('inner', rows('a'), rows('b'), [a, unitOf('b', 'VARCHAR')]))).toEqual(['a', 'b', 'c'])
  })
})
