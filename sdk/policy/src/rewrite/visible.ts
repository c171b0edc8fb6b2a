import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { keysOf, writeCells } from './cells.ts'
import type { Family } from './family.ts'
import { type Measure, measuresOf } from './measures.ts'
import { column, type Piece, piece } from './pieces.ts'
import type { Limits } from './query.ts'
import { countUnits } from './units.ts'

/** The steps from a family's rows to its visible cells; the last one is all that other blocks may read. */
export function writeFamily(family: Family, limits: Limits): readonly Piece[] {
  const minimum = limits.minimumGroupSize
  const measures = measuresOf(family, false)
  const cells = writeCells(family, measures)
  const counted = countUnits(family, cells, measures, minimum, false)
  const visible = piece(
    visibleName(family),
    [
      ...keysOf(family).map((name) => ({ name, value: column(name) })),
      ...family.aggregates.map(({ name }) => {
        const needed = (measures.ofAggregate.get(name) ?? []).map((m) => reaches(m, minimum))
        const value = needed.length === 0 ? column(name) : ast.choose(ast.conjunction('and', needed), column(name), ast.nothing())
        return { name, value }
      }),
    ],
    {
      from: ast.table(counted.cells.name, 'x'),
      where: ast.conjunction(
        'and',
        measures.ofCell.map((m) => reaches(m, minimum)),
      ),
    },
  )
  return [cells, ...counted.pieces, visible]
}

/** The name of what blocks read of a family. */
export function visibleName({ name }: Family): string {
  return `${name}_visible`
}

export function reaches({ name, rows }: Measure, minimum: number): Node {
  const enough = ast.comparison('COMPARE_GREATERTHANOREQUALTO', column(name), ast.integer(BigInt(minimum)))
  if (rows === null) return enough
  return ast.conjunction('or', [ast.comparison('COMPARE_EQUAL', column(rows), ast.integer(0n)), enough])
}
