import { needsApproval } from '@reinraum/statements'
import type { Block, From } from './analysis/block.ts'
import { isProtected, relationsOf, slotsBehind, slotsOf } from './analysis/block.ts'
import { aggregated, blocksIn, columnsOf, type Expression } from './analysis/expression.ts'
import type { Slot } from './analysis/slots.ts'
import type { NoiseReport } from './noise/noise-report.ts'
import type { Restrictions } from './rules/restrictions.ts'

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
  /** columns that come out as they are: of public datasets, and of an overlap */
  readonly shown: readonly string[]
}

export interface BlockReport {
  readonly name: string
  /** `overlap`: rows of datasets as they are, where they join with the analyst's own */
  readonly kind: 'aggregate' | 'post-processing' | 'overlap'
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
  /** what the rules of all datasets read ask of the query together */
  readonly restrictions: Restrictions
  /** datasets whose approvers must consent before the query runs */
  readonly approvedFor: readonly string[]
  /** true where sums can count a row more than once because it joins with several rows: of a public dataset, or of its unit */
  readonly joinsCanRepeatRows: boolean
  /** null where no rule asks for noise */
  readonly noise: NoiseReport | null
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
  const noteFrom = (from: From) => {
    for (const slot of slotsOf(from)) of(slot.id)
    note('joined', from, equalitiesOf(from))
    for (const { source } of relationsOf(from)) {
      if (source.kind !== 'derived') continue
      const { derived } = source
      noteFrom(derived.from)
      note('filtered', derived.from, [derived.where])
      const aggregated = derived.columns.filter((c) => c.operation !== null)
      note(
        'aggregated',
        derived.from,
        aggregated.map((c) => c.value),
      )
    }
  }
  /** Columns of derived rows are used as those behind them are. */
  const note = (role: Role, from: From | null, expressions: readonly (Expression | null)[]) => {
    for (const column of expressions.flatMap((e) => (e === null ? [] : columnsOf(e)))) {
      const source = from === null ? undefined : relationsOf(from).find((r) => r.table === column.table)?.source
      if (source?.kind === 'derived') {
        note(role, source.derived.from, [source.derived.columns.find((c) => c.name === column.name)?.value ?? null])
      } else if (column.slot !== null) of(column.slot)[role].add(column.name)
    }
  }
  for (const block of blocks) {
    const from = fromOf(block)
    if (from !== null) noteFrom(from)
    note('filtered', from, [block.where, block.qualify])
    note(
      'shown',
      from,
      [...block.select, ...block.order].map((s) => s.value),
    )
    if (block.source.kind === 'summary') {
      const { where, groups, aggregates } = block.source.summary
      note('filtered', from, [where])
      note('shown', from, [...groups.map((g) => g.value), ...aggregates.flatMap((a) => aggregated(a.value))])
    }
    if (block.source.kind === 'core') {
      const { core } = block.source
      note('filtered', from, [core.where, ...core.aggregates.map((a) => a.filter)])
      note(
        'grouped',
        from,
        core.groups.map((g) => g.value),
      )
      note(
        'aggregated',
        from,
        core.aggregates.map((a) => a.value),
      )
    }
  }
  return usage
}

/** null for a set operation and for stacked rows, which read blocks */
export function fromOf({ source }: Block): From | null {
  switch (source.kind) {
    case 'core':
      return source.core.from
    case 'released':
      return source.from
    case 'summary':
      return source.summary.from
    case 'set':
    case 'stack':
      return null
  }
}

function readBy(block: Block): readonly string[] {
  if (block.source.kind === 'set') return [block.source.set.left.name, block.source.set.right.name]
  if (block.source.kind === 'stack') return block.source.stack.blocks.map((b) => b.name)
  const from = fromOf(block)
  if (from === null) return []
  const names = relationsOf(from).flatMap((r) =>
    r.source.kind === 'block' ? [r.source.block.name] : slotsBehind(r).map((s) => s.id),
  )
  return [...new Set(names)]
}

function kindOf({ source }: Block): BlockReport['kind'] {
  if (source.kind === 'core') return 'aggregate'
  return source.kind === 'released' && relationsOf(source.from).some(isProtected) ? 'overlap' : 'post-processing'
}

function valuesFrom({ source }: Block): readonly string[] {
  if (source.kind !== 'core') return []
  const { where, groups, aggregates } = source.core
  const expressions = [where, ...groups.map((g) => g.value), ...aggregates.flatMap((a) => [a.value, a.filter])]
  return [...new Set(expressions.flatMap((e) => (e === null ? [] : blocksIn(e))))].sort()
}

function holdsJoin(from: From): boolean {
  if (from.kind === 'join') return true
  const { source } = from.relation
  return source.kind === 'derived' && holdsJoin(source.derived.from)
}

function equalitiesOf(from: From): readonly Expression[] {
  if (from.kind === 'relation') return []
  return [...equalitiesOf(from.left), ...equalitiesOf(from.right), ...from.equalities.flatMap((e) => [e.left, e.right])]
}

export function reportOf(
  blocks: readonly Block[],
  slots: readonly Slot[],
  restrictions: Restrictions,
  output: GuardReport['output'],
  noise: NoiseReport | null,
): GuardReport {
  const usage = usageOf(blocks)
  const { minimumGroupSize, maxRows, maxBytes } = restrictions
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
      kind: kindOf(block),
      reads: readBy(block),
      threshold: guarded ? minimumGroupSize : null,
      columns: block.select.map((s) => s.name),
      valuesFrom: valuesFrom(block),
    }
  })
  const joinsCanRepeatRows = blocks.some((b) => b.source.kind === 'core' && holdsJoin(b.source.core.from))
  const approvedFor = slots.filter(({ rule }) => needsApproval(rule)).map(({ id }) => id)
  return {
    datasets,
    blocks: blockReports,
    minimumGroupSize,
    maxRows,
    maxBytes,
    restrictions,
    approvedFor,
    output,
    joinsCanRepeatRows,
    noise,
  }
}
