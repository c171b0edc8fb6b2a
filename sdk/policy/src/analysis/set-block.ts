import type { SetOperationNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block, SetOperation } from './block.ts'
import type { Column } from './expression.ts'
import { aliasIn, isOneRow, readModifiers } from './modifiers.ts'
import type { ParameterBinder } from './parameters.ts'
import { translate } from './translate.ts'
import { commonType, integerType, type Type } from './types.ts'

/** UNION, INTERSECT or EXCEPT of two blocks: both are released, so which rows they share is free too. */
export function setBlock(node: SetOperationNode, left: Block, right: Block, parameters: ParameterBinder): Omit<Block, 'name'> {
  const offset = offsetWithin(node)
  if (left.select.length !== right.select.length) {
    refuse('type-mismatch', 'the two sides of a set operation have a different number of columns', offset)
  }
  const columns = left.select.map(({ name, value }, i) => {
    const other = right.select[i]?.value.type
    const type = other && commonType(value.type, other)
    if (type === undefined) refuse('type-mismatch', `the sides of a set operation have no common type for ${name}`, offset)
    return { name, type: comparableType(type) }
  })
  const set: SetOperation = { operation: node.setop_type, all: node.setop_all, left, right, columns }
  const select = columns.map(({ name, type }) => ({ name, value: setColumn(name, type) }))
  const released = (item: unknown) =>
    translate(item, {
      column: (_names, at) => refuse('column-unknown', 'ORDER BY of a set operation takes its columns', at),
      known: (inner) => aliasIn(select, inner),
      aggregate: (call) => refuse('nested-aggregation', 'a set operation is aggregated by a query around it', offsetOf(call)),
      parameters,
    })
  const modifiers = readModifiers(node.modifiers, select, released, released)
  return { source: { kind: 'set', set }, where: null, qualify: null, select, ...modifiers, single: isOneRow(modifiers) }
}

function setColumn(name: string, type: Type): Column {
  return { kind: 'column', table: 's', name, type, slot: null }
}

/** A column of NULLs alone has a type of its own nowhere else. */
function comparableType(type: Type): Type {
  return type.family === 'null' ? integerType : type
}
