import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { isOf, keysOf, maskColumn, maskOf, rowsColumn, rowsOf } from './cells.ts'
import { write } from './expressions.ts'
import { askedSets, type Family } from './family.ts'
import { column, extend, type Named, type Piece, piece } from './pieces.ts'
import { columnsIn, type FamilyOverRows, rowAlias } from './rows.ts'

// A second look at the rows of those cells that are not decided yet.

/** Which cells those are. */
export interface Open {
  /** which cells of a set */
  readonly of: (set: readonly number[]) => Node
  /** of one row: what the conditions also read */
  readonly beside: Node | null
}

/** What is counted over the rows of open cells only, one grouping set after the other. The last step holds them all. */
export function recount(
  family: FamilyOverRows,
  step: string,
  cells: Piece,
  open: Open,
  counted: readonly Named[],
): readonly Piece[] {
  const name = `${family.name}_${step}`
  const wanted = openCells(family, `${name}_open`, cells, open)
  const any = anyOf(wanted, `${name}_any`)
  const gate = ast.table(any.name, 'gate')
  const read = [...family.groups.map((g) => write(g.value)), ...counted.map((item) => item.value)]
  const behind = family.rows.behind(gate, read.flatMap(columnsIn))
  const gated: Piece | null = behind === null ? null : { name: `${name}_rows`, columns: [], select: behind, once: false }
  const rows = gated === null ? ast.join('INNER', rowsOf(family), gate, null) : ast.table(gated.name, rowAlias)
  const parts = askedSets(family).map((set) => recountSet(family, rows, wanted, counted, set))
  // one union of two per step: the parser balances longer chains, and the text would not read back
  const pieces: Piece[] = []
  for (const part of parts.reverse()) {
    const rest = pieces.at(-1)
    const named = { ...part, name: `${name}_${pieces.length}` }
    if (rest === undefined) pieces.push(named)
    else pieces.push({ ...named, select: ast.setOperation('UNION', true, part.select, everything(rest)) })
  }
  return [wanted, any, ...(gated === null ? [] : [gated]), ...pieces]
}

/** What tells open cells apart. */
function openCells(family: Family, name: string, cells: Piece, { of, beside }: Open): Piece {
  const asked = askedSets(family)
  const alike = [...Map.groupBy(asked, (set) => ast.textOf(of(set))).values()]
  const terms = alike.map((sets) => {
    const ofSets = alike.length === 1 && !family.refined ? null : isOf(family, sets)
    return ast.conjunction('and', [...(ofSets === null ? [] : [ofSets]), of(sets[0] ?? [])])
  })
  const from = ast.table(cells.name, 'x')
  const list = [...keysOf(family), rowsColumn].map((key) => ({ name: key, value: column(key) }))
  const where = ast.conjunction('or', terms)
  return { ...piece(name, list, { from: beside === null ? from : ast.join('INNER', from, beside, null), where }), once: true }
}

/**
 * A row if any cell is open. An engine that does not know how many are may read all rows before it sees that none is: every
 * dataset stands behind this gate.
 */
function anyOf(open: Piece, name: string): Piece {
  return piece(name, [{ name: 'one', value: ast.integer(1n) }], { from: ast.table(open.name, 'x'), limit: 1 })
}

function everything(from: Piece): Node {
  return extend(from, from.name, []).select
}

function noGroup(): never {
  throw new Error('a set is made of groups')
}

function recountSet(family: Family, rows: Node, open: Piece, counted: readonly Named[], set: readonly number[]): Piece {
  const names = set.map((i) => family.groups[i]?.name ?? '')
  const mask = keysOf(family).includes(maskColumn) ? maskOf(family, set) : null
  const wanted = (ofSet: Node) =>
    ast.select({
      list: [...names, rowsColumn].map((n) => ast.named(column(n), n)),
      from: ast.table(open.name, 'x'),
      where: ast.comparison('COMPARE_EQUAL', column(maskColumn), ofSet),
    })
  const value = (i: number) => write(family.groups[i]?.value ?? noGroup())
  const same = set.map((i) =>
    ast.comparison('COMPARE_NOT_DISTINCT_FROM', value(i), ast.column('o', family.groups[i]?.name ?? '')),
  )
  const on = same.length === 0 ? null : ast.conjunction('and', same)
  const groups = [...set].map((i) => i + 1)
  const list: readonly Named[] = [
    ...family.groups.map(({ name }, i) => ({ name, value: set.includes(i) ? value(i) : ast.nothing() })),
    ...(mask === null ? [] : [{ name: maskColumn, value: mask }]),
    ...counted,
  ]
  const cells = mask === null ? ast.table(open.name, 'o') : ast.subquery(wanted(mask), 'o')
  return piece('', list, { from: ast.join('INNER', rows, cells, on), groups })
}
