import type { SelectNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block, From, Relation } from './block.ts'
import { relationsOf } from './block.ts'
import { columnsOf, type Expression } from './expression.ts'
import { isOneRow, readModifiers } from './modifiers.ts'
import { requireBoolean } from './operators.ts'
import { outputName } from './output-names.ts'
import { resolve, type Scope } from './scope.ts'
import { ruleOfColumn } from './slots.ts'
import { type Surroundings, translate } from './translate.ts'

/** A block over results, and over public datasets as far as their rules let columns out. */
export function releasedBlock(select: SelectNode, from: From, scope: Scope, surroundings: Surroundings): Omit<Block, 'name'> {
  checkCrossJoins(from)
  checkJoinColumns(from, scope)
  const value = (node: unknown): Expression =>
    translate(node, {
      column: (names, offset) => resolve(scope, names, offset),
      aggregate: (call) => refuse('nested-aggregation', 'results are not aggregated again', offsetOf(call)),
      ...surroundings,
    })
  const released = (node: unknown): Expression => {
    const expression = value(node)
    checkColumns(expression, scope, 'output', offsetWithin(node))
    return expression
  }
  const items = select.select_list.map((node, i) => ({ name: outputName(node, i), value: released(node) }))
  const modifiers = readModifiers(select.modifiers, items, released, value)
  return {
    source: { kind: 'released', from },
    where: select.where_clause === null ? null : condition(select.where_clause, value, scope),
    select: items,
    ...modifiers,
    single: relationsOf(from).every(isSingle) || isOneRow(modifiers),
  }
}

function condition(node: unknown, value: (node: unknown) => Expression, scope: Scope): Expression {
  const expression = requireBoolean(value(node), offsetWithin(node))
  checkColumns(expression, scope, 'filter', offsetWithin(node))
  return expression
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

function checkJoinColumns(from: From, scope: Scope): void {
  if (from.kind === 'relation') return
  for (const { left, right } of from.equalities) {
    checkColumns(left, scope, 'join', undefined)
    checkColumns(right, scope, 'join', undefined)
  }
  checkJoinColumns(from.left, scope)
  checkJoinColumns(from.right, scope)
}

/** Released values are free; columns of public datasets follow their rule. */
function checkColumns(value: Expression, scope: Scope, use: 'output' | 'filter' | 'join', offset: number | undefined): void {
  for (const column of columnsOf(value)) {
    const source = scope.relations.find((r) => r.table === column.table)?.source
    if (source?.kind !== 'slot') continue
    const rule = ruleOfColumn(source.slot, column.name)
    const also = use === 'filter' ? (rule.filter ?? 'none') !== 'none' : use === 'join' && rule.join === true
    if (rule.dimension !== true && !also) {
      refuse('column-not-allowed', `the rule of ${source.slot.id} does not allow ${column.name} here`, offset)
    }
  }
}
