import type { Block, From } from './analysis/block.ts'
import { relationsOf } from './analysis/block.ts'
import { blocksIn, columnsOf, type Expression } from './analysis/expression.ts'
import type { Slot } from './analysis/slots.ts'

/** How a query uses the columns of one dataset: what an approver decides on. */
export interface DatasetUse {
  readonly slot: string
  /** null for public reference data */
  readonly privacyUnit: string | null
  readonly minimumGroupSize: number | null
  readonly joined: readonly string[]
  readonly filtered: readonly string[]
  readonly grouped: readonly string[]
  readonly aggregated: readonly string[]
  /** columns of public datasets that come out as they are */
  readonly shown: readonly string[]
}

export interface BlockReport {
  readonly name: string
  readonly kind: 'aggregate' | 'post-processing'
  readonly reads: readonly string[]
  /** distinct units that each row stands for at least; null where no protected dataset is read */
  readonly threshold: number | null
  readonly columns: readonly string[]
  /** blocks whose released values stand in its conditions and groups over rows, as if they had been typed there */
  readonly valuesFrom: readonly string[]
}

/** What a query reads and what comes out, for the people who approve it. */
export interface GuardReport {
  readonly datasets: readonly DatasetUse[]
  readonly blocks: readonly BlockReport[]
  /** the strictest of all protected datasets that the query reads; null if it reads none */
  readonly minimumGroupSize: number | null
  readonly maxRows: number
  readonly maxBytes: number | null
  readonly output: readonly { readonly name: string; readonly type: string }[]
  /** true where sums can count a row more than once because it joins with several rows of a public dataset */
  readonly joinsCanRepeatRows: boolean
}

type Role = 'joined' | 'filtered' | 'grouped' | 'aggregated' | 'shown'

export type Usage = ReadonlyMap<string, Readonly<Record<Role, ReadonlySet<string>>>>

/** Which columns of which slots the blocks use, and how. */
export function usageOf(blocks: readonly Block[]): Usage {
  const usage = new Map<string, Record<Role, Set<string>>>()
  const of = (slot: string) => {
    const roles = usage.get(slot) ?? {
      joined: new Set<string>(),
      filtered: new Set<string>(),
      grouped: new Set<string>(),
      aggregated: new Set<string>(),
      shown: new Set<string>(),
    }
    usage.set(slot, roles)
    return roles
  }
  const note = (role: Role, expressions: readonly (Expression | null)[]) => {
    for (const column of expressions.flatMap((e) => (e === null ? [] : columnsOf(e)))) {
      if (column.slot !== null) of(column.slot)[role].add(column.name)
    }
  }
  for (const block of blocks) {
    const from = fromOf(block)
    if (from !== null) {
      for (const { source } of relationsOf(from)) if (source.kind === 'slot') of(source.slot.id)
      note('joined', equalitiesOf(from))
    }
    note('filtered', [block.where])
    note(
      'shown',
      [...block.select, ...block.order].map((s) => s.value),
    )
    if (block.source.kind === 'core') {
      const { core } = block.source
      note('filtered', [core.where, ...core.aggregates.map((a) => a.filter)])
      note(
        'grouped',
        core.groups.map((g) => g.value),
      )
      note(
        'aggregated',
        core.aggregates.map((a) => a.value),
      )
    }
  }
  return usage
}

/** null for a set operation, which reads two blocks */
export function fromOf({ source }: Block): From | null {
  switch (source.kind) {
    case 'core':
      return source.core.from
    case 'released':
      return source.from
    case 'set':
      return null
  }
}

function readBy(block: Block): readonly string[] {
  if (block.source.kind === 'set') return [block.source.set.left.name, block.source.set.right.name]
  const from = fromOf(block)
  const relations = from === null ? [] : relationsOf(from)
  return relations.map(({ source }) => (source.kind === 'slot' ? source.slot.id : source.block.name))
}

function valuesFrom({ source }: Block): readonly string[] {
  if (source.kind !== 'core') return []
  const { where, groups } = source.core
  const expressions = [...(where === null ? [] : [where]), ...groups.map((g) => g.value)]
  return [...new Set(expressions.flatMap(blocksIn))].sort()
}

function equalitiesOf(from: From): readonly Expression[] {
  if (from.kind === 'relation') return []
  return [...equalitiesOf(from.left), ...equalitiesOf(from.right), ...from.equalities.flatMap((e) => [e.left, e.right])]
}

export function reportOf(
  blocks: readonly Block[],
  slots: readonly Slot[],
  limits: Pick<GuardReport, 'minimumGroupSize' | 'maxRows' | 'maxBytes'>,
  output: GuardReport['output'],
): GuardReport {
  const usage = usageOf(blocks)
  const datasets = slots.map((slot): DatasetUse => {
    const roles = usage.get(slot.id)
    const list = (role: Role) => [...(roles?.[role] ?? [])].sort()
    return {
      slot: slot.id,
      privacyUnit: slot.unit,
      minimumGroupSize: slot.unit === null ? null : slot.rule.output.minimumGroupSize,
      joined: list('joined'),
      filtered: list('filtered'),
      grouped: list('grouped'),
      aggregated: list('aggregated'),
      shown: list('shown'),
    }
  })
  const blockReports = blocks.map((block): BlockReport => {
    const guarded = block.source.kind === 'core' && block.source.core.units.length > 0
    return {
      name: block.name,
      kind: block.source.kind === 'core' ? 'aggregate' : 'post-processing',
      reads: readBy(block),
      threshold: guarded ? limits.minimumGroupSize : null,
      columns: block.select.map((s) => s.name),
      valuesFrom: valuesFrom(block),
    }
  })
  const joinsCanRepeatRows = blocks.some((b) => b.source.kind === 'core' && b.source.core.from.kind === 'join')
  return { datasets, blocks: blockReports, ...limits, output, joinsCanRepeatRows }
}
