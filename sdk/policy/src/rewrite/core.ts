import { type Core, setColumn } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { argumentOf, writeAggregate } from './aggregates.ts'
import { isOf, maskOf } from './cells.ts'
import { write } from './expressions.ts'
import type { Member } from './family.ts'
import { writeFrom } from './from.ts'
import { column } from './pieces.ts'
import { withValues } from './values.ts'

/** What a block with a core stands on: its visible cells, under the names that the block knows. */
export function fromVisible(core: Core, member: Member, visible: string, alias: string): Node {
  const { family, groups, aggregates, sets } = member
  const named =
    core.groups.every(({ name }, i) => name === groups[i]) && core.aggregates.every(({ name }, i) => name === aggregates[i])
  if (named && core.sets.length === 1 && sets.length === family.sets.length) return ast.table(visible, alias)
  return ast.subquery(readVisible(core, member, visible), alias)
}

function readVisible(core: Core, { family, groups, aggregates, sets }: Member, visible: string): Node {
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
      ...aggregates.map((a) => ast.named(writeAggregate(a, argumentOf(a)), a.name)),
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
