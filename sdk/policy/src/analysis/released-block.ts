import type { SelectNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block, From, Relation } from './block.ts'
import { relationsOf } from './block.ts'
import { columnsOf, type Expression } from './expression.ts'
import type { FromRead } from './from.ts'
import { isOneRow, readModifiers } from './modifiers.ts'
import { conjunctionOf } from './operators.ts'
import { outputName } from './output-names.ts'
import { conditionsOf } from './row-set.ts'
import { resolve } from './scope.ts'
import { ruleOfColumn } from './slots.ts'
import { type Environment, type Surroundings, translate } from './translate.ts'

/** A block over results, and over public datasets as far as their rules let columns out. */
export function releasedBlock(select: SelectNode, source: FromRead, surroundings: Surroundings): Omit<Block, 'name'> {
  const { from, scope } = source
  checkCrossJoins(from)
  checkJoinColumns(from, from)
  const rows: Environment = {
    column: (names, offset) => resolve(scope, names, offset),
    aggregate: (call) => refuse('nested-aggregation', 'results are not aggregated again', offsetOf(call)),
    ...surroundings,
  }
  const value = (node: unknown): Expression => translate(node, rows)
  const released = (node: unknown): Expression => {
    const expression = value(node)
    checkColumns(expression, from, 'output', offsetWithin(node))
    return expression
  }
  const conditions = [...source.where, ...conditionsOf(select.where_clause, rows)]
  for (const { value: condition, offset } of conditions) checkColumns(condition, from, 'filter', offset)
  const items = select.select_list.map((node, i) => ({ name: outputName(node, i), value: released(node) }))
  const modifiers = readModifiers(select.modifiers, items, released, value)
  return {
    source: { kind: 'released', from },
    where: conditions.length === 0 ? null : conjunctionOf(conditions.map((c) => c.value)),
    select: items,
    ...modifiers,
    single: relationsOf(from).every(isSingle) || isOneRow(modifiers),
  }
}

function isSingle({ source }: Relation): boolean {
  return source.kind === 'block' && source.block.single
}

/** A cross join is fine with a one-row total and multiplies rows with anything else. */
function checkCrossJoins(from: From): void {
  if (from.kind === 'relation') return
  const single = (side: From) => relationsOf(side).every(isSingle)
  if (from.join === 'cross' && !single(from.left) && !single(from.right)) {
    refuse('join-not-allowed', 'a join of results needs ON or USING unless one side is a single row')
  }
  checkCrossJoins(from.left)
  checkCrossJoins(from.right)
}

function checkJoinColumns(from: From, whole: From): void {
  if (from.kind === 'relation') return
  for (const { left, right } of from.equalities) {
    checkColumns(left, whole, 'join', undefined)
    checkColumns(right, whole, 'join', undefined)
  }
  checkJoinColumns(from.left, whole)
  checkJoinColumns(from.right, whole)
}

/** Released values are free; columns of public datasets follow their rule. */
function checkColumns(value: Expression, from: From, use: 'output' | 'filter' | 'join', offset: number | undefined): void {
  for (const column of columnsOf(value)) {
    const source = relationsOf(from).find((r) => r.table === column.table)?.source
    if (source === undefined || source.kind === 'block') continue
    const rule =
      source.kind === 'slot'
        ? ruleOfColumn(source.slot, column.name)
        : (source.derived.columns.find((c) => c.name === column.name)?.rule ?? {})
    const also = use === 'filter' ? (rule.filter ?? 'none') !== 'none' : use === 'join' && rule.join === true
    if (rule.dimension !== true && !also) {
      refuse('column-not-allowed', `the rule of ${column.slot} does not allow ${column.name} here`, offset)
    }
  }
}
