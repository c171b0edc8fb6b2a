import type { SelectNode } from '../ast/nodes.ts'
import { offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { aggregateBlock } from './aggregate-block.ts'
import type { Block, Core, CoreAggregate, StackColumn } from './block.ts'
import { slotsOf } from './block.ts'
import { isSame } from './derived.ts'
import type { Expression } from './expression.ts'
import type { FromRead } from './from.ts'
import type { Surroundings } from './translate.ts'
import { bigintType, decimalShape, decimalType, type Type } from './types.ts'

/**
 * An aggregate over rows that UNION ALL stacks. Every branch is a core of its own, under its own rules and with its own
 * threshold: a branch counts in a group only if enough of its own units are in it, and their sum is what comes out. A
 * group that shows only if a branch has nobody or enough in it would tell whether there is somebody; one that counts the
 * units of all branches together would let the analyst's own rows make up for those that an owner has too few of.
 */
export function stackBlock(
  select: SelectNode,
  sources: readonly FromRead[],
  surroundings: Surroundings,
  finish: (branch: Omit<Block, 'name'>) => Block,
): Omit<Block, 'name'> {
  const offset = offsetWithin(select.select_list)
  const parts = sources.map((source) => aggregateBlock(select, source, surroundings, true))
  const cores = parts.map(coreOf)
  const [first] = cores
  const [whole] = parts
  if (first === undefined || whole === undefined) throw new Error('a stack has a branch')
  for (const core of cores) checkAlike(core, first, offset)
  checkUnits(cores, offset)
  const columns: readonly StackColumn[] = [
    ...first.groups.map(({ name }, i) => ({
      name,
      merge: 'group' as const,
      type: common(
        cores.map((c) => c.groups[i]?.value.type),
        offset,
      ),
    })),
    ...first.aggregates.map(({ name }, i) => ({
      name,
      merge: 'sum' as const,
      type: common(
        cores.map((c) => c.aggregates[i]?.type),
        offset,
      ),
    })),
  ]
  const blocks = cores.map((core) => finish(branchOf(core, columns)))
  return { ...whole, source: { kind: 'stack', stack: { blocks, columns } } }
}

function coreOf({ source }: Omit<Block, 'name'>): Core {
  if (source.kind !== 'core') throw new Error('an aggregate block has a core')
  return source.core
}

/** What the branch released, as it is. */
function branchOf(core: Core, columns: readonly StackColumn[]): Omit<Block, 'name'> {
  const types = [...core.groups.map((g) => g.value.type), ...core.aggregates.map((a) => a.type)]
  const select = columns.map(({ name, type }, i) => {
    const own = types[i] ?? type
    const value: Expression = { kind: 'column', table: 'c', name, type: own, slot: null }
    return { name, value: own.sql === type.sql ? value : ({ kind: 'cast', value, type } as const) }
  })
  const whole = { where: null, qualify: null, distinct: false, order: [], limit: null, offset: null }
  return { source: { kind: 'core', core }, select, single: core.groups.length === 0, ...whole }
}

function checkAlike(core: Core, first: Core, offset: number | undefined): void {
  const shape = ({ groups, aggregates, sets }: Core) => {
    const same = aggregates.map(({ operation, scale }) => [operation, operation.startsWith('moment') ? scale : 0])
    return JSON.stringify([groups.length, sets.length, same])
  }
  if (core.sets.length > 1) {
    refuse('grouping-sets-not-allowed', 'rows that UNION ALL stacks have one grouping set', offset)
  }
  if (shape(core) !== shape(first)) {
    refuse(
      'set-operation-not-allowed',
      'the branches of UNION ALL differ in types or columns; cast them to the same types',
      offset,
    )
  }
}

/** Sums of branches are sums of the whole; distinct values are not, but for units of different datasets. */
function checkUnits(cores: readonly Core[], offset: number | undefined): void {
  const additive = ({ operation, value }: CoreAggregate, core: Core) =>
    operation !== 'quantile' && (operation !== 'countDistinct' || core.units.some((u) => isSame(value, u)))
  const slots = cores.map((core) => new Set(slotsOf(core.from).flatMap((s) => (s.unit === null ? [] : [s.id]))))
  const apart = slots.every((ids, i) => slots.every((others, j) => i === j || [...ids].every((id) => !others.has(id))))
  const distinct = cores.some((c) => c.aggregates.some((a) => a.operation === 'countDistinct'))
  if (cores.some((c) => c.aggregates.some((a) => !additive(a, c))) || (distinct && !apart)) {
    refuse(
      'set-operation-not-allowed',
      'over stacked rows there are counts, sums, means and variances, and distinct units of different datasets',
      offset,
    )
  }
}

function common(types: readonly (Type | undefined)[], offset: number | undefined): Type {
  const [first] = types
  const known = types.flatMap((t) => (t === undefined ? [] : [t]))
  if (first === undefined || known.some((t) => t.family !== first.family || t.family === 'null')) {
    return refuse('type-mismatch', 'the branches of UNION ALL differ in types; cast them to the same types', offset)
  }
  if (known.every((t) => t.sql === first.sql)) return first
  if (first.family === 'integer') return bigintType
  return first.family === 'decimal' ? decimalType(38, Math.max(...known.map((t) => decimalShape(t).scale))) : first
}
