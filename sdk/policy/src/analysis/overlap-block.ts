import type { SelectNode } from '../ast/nodes.ts'
import { offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { placesIn, tiedTo } from '../rules/ties.ts'
import { rowEnvironment } from './aggregate-block.ts'
import type { Block, From } from './block.ts'
import { relationsOf, slotsOf } from './block.ts'
import { columnsOf, type Expression } from './expression.ts'
import type { FromRead } from './from.ts'
import { joinsFromWhere } from './joins-from-where.ts'
import { isOneRow, readModifiers } from './modifiers.ts'
import { conjunctionOf } from './operators.ts'
import { outputName } from './output-names.ts'
import { conditionsOf } from './row-set.ts'
import { checkFilter, type Rules, rulesOf } from './rules.ts'
import type { Slot } from './slots.ts'
import { type Surroundings, translate } from './translate.ts'

/**
 * Rows of datasets that join with the analyst's own, for owners whose rule has the mode `overlap`. There is no threshold:
 * the analyst learns which of their own rows have a partner, by every row that comes out and by every one that does not, and
 * what the partner's dimensions say of it. Whoever brings a list of people learns of each of them whether the other dataset
 * knows them; whoever brings every possible key learns all keys. Only columns that an owner made dimensions come out, and
 * only those are ordered by; conditions follow their filter rules. undefined where no rule has the mode: then the rows are
 * refused as any other's.
 */
export function overlapBlock(
  select: SelectNode,
  source: FromRead,
  surroundings: Surroundings,
  by: string,
): Omit<Block, 'name'> | undefined {
  const rows = rowEnvironment(source.scope, surroundings)
  const { from, conditions } = joinsFromWhere(source.from, [...source.where, ...conditionsOf(select.where_clause, rows)])
  const others = slotsOf(from).filter((s) => s.unit !== null && s.owner !== by)
  if (!others.some((s) => s.rule.modes.includes('overlap'))) return undefined
  checkPartners(from, others, by, offsetWithin(select.select_list))
  const rules = rulesOf(from)
  for (const { value, offset } of conditions) checkFilter(value, rules, offset)
  const shown = (node: unknown): Expression => {
    const value = translate(node, rows)
    checkShown(value, rules, offsetWithin(node))
    return value
  }
  const items = select.select_list.map((node, i) => ({ name: outputName(node, i), value: shown(node) }))
  const modifiers = readModifiers(select.modifiers, items, shown, (node) => translate(node, rows))
  return {
    source: { kind: 'released', from },
    where: conditions.length === 0 ? null : conjunctionOf(conditions.map((c) => c.value)),
    qualify: null,
    select: items,
    ...modifiers,
    single: isOneRow(modifiers),
  }
}

/** Every row of another member's dataset has met one of the analyst's: an inner join ties them. */
function checkPartners(from: From, others: readonly Slot[], by: string, offset: number | undefined): void {
  const without = others.find((s) => !s.rule.modes.includes('overlap'))
  if (without !== undefined) {
    refuse('mode-not-allowed', `the rule of ${without.id} allows no rows that join with the analyst's own dataset`, offset)
  }
  if (relationsOf(from).some((r) => r.source.kind !== 'slot')) {
    refuse('raw-rows', 'an overlap joins datasets as they are, without subqueries that filter or aggregate them first', offset)
  }
  const alone = placesIn(from).find(
    (place) => others.some((s) => s.id === place.slot.id) && !tiedTo(place, from).some((s) => s.owner === by),
  )
  if (alone !== undefined) {
    refuse(
      'join-required',
      `rows of ${alone.slot.id} come out where an inner join ties them to the analyst's own dataset`,
      offset,
    )
  }
}

function checkShown(value: Expression, rules: Rules, offset: number | undefined): void {
  const hidden = columnsOf(value).find((c) => !rules.dimension(c))
  if (hidden !== undefined) {
    refuse('column-not-allowed', `the rules do not allow ${hidden.name} of ${hidden.slot} in a result`, offset)
  }
}
