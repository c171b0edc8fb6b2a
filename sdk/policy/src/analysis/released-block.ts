import type { SelectNode } from '../ast/nodes.ts'
import { offsetOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block, From, Relation } from './block.ts'
import { relationsOf, ruleOfRelation } from './block.ts'
import { columnsOf, type Expression } from './expression.ts'
import type { FromRead } from './from.ts'
import { joinsFromWhere } from './joins-from-where.ts'
import { isOneRow } from './modifiers.ts'
import { conjunctionOf } from './operators.ts'
import { releasedLayer } from './released-layer.ts'
import { conditionsOf } from './row-set.ts'
import { resolve } from './scope.ts'
import type { Environment, Surroundings } from './translate.ts'

/** A block over results, and over public datasets as far as their rules let columns out. */
export function releasedBlock(select: SelectNode, source: FromRead, surroundings: Surroundings): Omit<Block, 'name'> {
  const { scope } = source
  const { from, rows, where } = releasedRows(select, source, surroundings)
  const layer = releasedLayer(select, scope, rows, rows)
  const single = relationsOf(from).every(isSingle) || isOneRow(layer)
  return { source: { kind: 'released', from }, ...layer, where, single }
}

/** Names as they mean released rows, which are columns that may be shown, and the condition that rows fulfil. */
export function releasedRows(
  select: SelectNode,
  { from: listed, scope, where }: FromRead,
  surroundings: Surroundings,
): { readonly from: From; readonly rows: Environment; readonly where: Expression | null } {
  const any: Environment = {
    column: (names, offset) => resolve(scope, names, offset),
    aggregate: (call) => refuse('nested-aggregation', 'an aggregate of an aggregate needs a query around it', offsetOf(call)),
    ...surroundings,
  }
  const { from, conditions } = joinsFromWhere(listed, [...where, ...conditionsOf(select.where_clause, any)])
  checkCrossJoins(from)
  checkJoinColumns(from, from)
  for (const { value, offset } of conditions) checkColumns(value, from, 'filter', offset)
  const column: Environment['column'] = (names, offset) => {
    const found = any.column(names, offset)
    checkColumns(found, from, 'output', offset)
    return found
  }
  const kept = conditions.length === 0 ? null : conjunctionOf(conditions.map((c) => c.value))
  return { from, rows: { ...any, column }, where: kept }
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
    const relation = relationsOf(from).find((r) => r.table === column.table)
    const rule = relation === undefined ? null : ruleOfRelation(relation, column.name)
    if (rule === null) continue
    const also = use === 'filter' ? (rule.filter ?? 'none') !== 'none' : use === 'join' && rule.join === true
    if (rule.dimension !== true && !also) {
      refuse('column-not-allowed', `the rule of ${column.slot} does not allow ${column.name} here`, offset)
    }
  }
}
