import { type Core, setColumn } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { writeAggregate } from './aggregates.ts'
import { isOf, maskOf } from './cells.ts'
import { write } from './expressions.ts'
import type { Member } from './family.ts'
import { writeFrom } from './from.ts'
import { column } from './pieces.ts'
import { withValues } from './values.ts'

/** The visible cells of a core, under the names that its block knows. */
export function readVisible(core: Core, { family, groups, aggregates, sets }: Member, visible: string): Node {
  const own = sets.map((i) => family.sets[i] ?? [])
  const which = own.map((set, i) => ({
    when: isOf(family, [set]) ?? ast.comparison('COMPARE_EQUAL', ast.integer(0n), ast.integer(0n)),
    result: ast.integer(BigInt(i)),
  }))
  return ast.select({
    list: [
      ...core.groups.map(({ name }, i) => ast.named(column(groups[i] ?? ''), name)),
      ...(core.sets.length > 1 ? [ast.named(ast.chooseFirst(which, ast.nothing()), setColumn)] : []),
      ...core.aggregates.map(({ name }, i) => ast.named(column(aggregates[i] ?? ''), name)),
    ],
    from: ast.table(visible, 'x'),
    where: own.length === family.sets.length ? null : isOf(family, own),
  })
}

/** A core over public datasets alone: nothing in it is suppressed. */
export function writePublic(core: Core): Node {
  const { groups, sets, aggregates } = core
  const mask = ast.operator(
    'GROUPING_FUNCTION',
    groups.map((g) => write(g.value)),
  )
  const which = sets.map((set, i) => ({
    when: ast.comparison('COMPARE_EQUAL', mask, maskOf(core, set)),
    result: ast.integer(BigInt(i)),
  }))
  const positions = sets.map((set) => set.map((i) => i + 1))
  return ast.select({
    list: [
      ...groups.map(({ name, value }) => ast.named(write(value), name)),
      ...aggregates.map((a) => ast.named(writeAggregate(a), a.name)),
      ...(sets.length > 1 ? [ast.named(ast.chooseFirst(which, ast.nothing()), setColumn)] : []),
    ],
    from: withValues(writeFrom(core.from), [
      core.where,
      ...groups.map((g) => g.value),
      ...aggregates.flatMap((a) => [a.value, a.filter]),
    ]),
    where: core.where === null ? null : write(core.where),
    ...(sets.length === 1 && sets[0]?.length === 0 ? {} : { sets: positions }),
  })
}
