import { type Block, type From, type Relation, relationsOf } from '../analysis/block.ts'
import { aggregated, blocksIn, type Expression } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'
import { fromOf } from '../report.ts'
import type { JoinRequirement, Restrictions } from './restrictions.ts'
import { joinsIn, placesIn, tiedTo } from './ties.ts'

/** Whether rows of datasets are joined with whose their rules ask for, and with nothing where they ask for that. */
export function checkJoins(blocks: readonly Block[], { joins, joinOperators }: Restrictions): void {
  const behind = slotsBehind(blocks)
  for (const block of blocks) {
    const from = fromOf(block)
    if (from === null) continue
    for (const requirement of joins) checkRequirement(requirement, block, from, behind)
    // released rows have left the rules of joins behind
    const released = block.source.kind !== 'core'
    if (!released && !joinOperators.includes('and') && joinsIn(from).some((j) => j.equalities.length > 1)) {
      refuse('join-not-allowed', 'the rules do not allow a join on several equalities at once')
    }
  }
}

/**
 * Whoever asks could bring a list that marks single units, and no threshold tells such a list from an honest one: their own
 * datasets join rows of a protected dataset only where its rule names them.
 */
export function checkOwnDatasets(blocks: readonly Block[], read: readonly Slot[], by: string | undefined): void {
  if (by === undefined) return
  for (const block of blocks) {
    if (block.source.kind !== 'core') continue
    const met = new Set(meetsRows(block))
    const slots = read.filter((s) => met.has(s.id))
    if (!slots.some((s) => s.owner === by)) continue
    const shut = slots.find((s) => s.unit !== null && s.owner !== by && s.rule.join?.with?.includes(by) !== true)
    if (shut === undefined) continue
    refuse('join-not-allowed', `a dataset of ${by}, who asks, joins ${shut.id} only if its rule names them under join.with`)
  }
}

function checkRequirement(requirement: JoinRequirement, block: Block, from: From, behind: SlotsBehind): void {
  const { slot, condition } = requirement
  for (const place of placesIn(from).filter((p) => p.slot.id === slot)) {
    if (condition !== 'blocked') checkPartners(requirement, tiedTo(place, from))
    else if (meetsRows(block).some((name) => [...(behind.get(name) ?? [name])].some((other) => other !== slot))) {
      refuse('join-not-allowed', `the rule of ${slot} allows no join with another dataset`)
    }
  }
}

/** The owners of datasets without which no row of this one is in the relation. */
function checkPartners({ slot, owner, condition, with: members }: JoinRequirement, partners: readonly Slot[]): void {
  const owners = new Set(partners.filter((p) => p.id !== slot).map((p) => p.owner))
  if (members === null) {
    if (owner !== null && [...owners].some((o) => o !== null && o !== owner)) return
    refuse('join-required', `the rule of ${slot} asks for an inner join with a dataset of another member`)
  }
  const missing = members.filter((member) => !owners.has(member))
  if (missing.length === 0 || (condition === 'any' && missing.length < members.length)) return
  const whose = condition === 'any' ? `one of ${members.join(', ')}` : `each of ${members.join(', ')}`
  refuse('join-required', `the rule of ${slot} asks for an inner join with a dataset of ${whose}`)
}

/** What meets rows before they are released: in FROM, or as values to compare them with, which is a join by another name. */
function meetsRows({ source, where, qualify, select, order }: Block): readonly string[] {
  switch (source.kind) {
    case 'set':
      return [source.set.left.name, source.set.right.name]
    case 'stack':
      return source.stack.blocks.map((b) => b.name)
    case 'core': {
      const { core } = source
      const values = [core.where, ...core.groups.map((g) => g.value), ...core.aggregates.flatMap((a) => [a.value, a.filter])]
      return [...meetsIn(core.from), ...valuesIn(values)]
    }
    case 'released':
      return [...meetsIn(source.from), ...valuesIn([where, qualify, ...select.map((s) => s.value), ...order.map((o) => o.value)])]
    case 'summary': {
      const { from, where: rows, groups, aggregates } = source.summary
      const values = [rows, ...groups.map((g) => g.value), ...aggregates.flatMap((a) => aggregated(a.value))]
      return [...meetsIn(from), ...valuesIn([...values, where, qualify, ...select.map((s) => s.value)])]
    }
  }
}

function meetsIn(from: From): readonly string[] {
  const compared = valuesIn(joinsIn(from).flatMap((j) => j.equalities.flatMap((e) => [e.left, e.right])))
  return [...relationsOf(from).flatMap(readIn), ...compared]
}

function readIn({ source }: Relation): readonly string[] {
  switch (source.kind) {
    case 'slot':
      return [source.slot.id]
    case 'block':
      return [source.block.name]
    case 'derived': {
      const { from, where, columns } = source.derived
      return [...meetsIn(from), ...valuesIn([where, ...columns.map((c) => c.value)])]
    }
  }
}

function valuesIn(expressions: readonly (Expression | null)[]): readonly string[] {
  return expressions.flatMap((e) => (e === null ? [] : blocksIn(e)))
}

type SlotsBehind = ReadonlyMap<string, ReadonlySet<string>>

/** Which datasets each block reads, itself or through blocks before it. */
function slotsBehind(blocks: readonly Block[]): SlotsBehind {
  const known = new Map<string, ReadonlySet<string>>()
  for (const block of blocks) {
    const above = valuesIn([block.where, ...block.select.map((s) => s.value), ...block.order.map((o) => o.value)])
    const names = [...meetsRows(block), ...above]
    known.set(block.name, new Set(names.flatMap((name) => [...(known.get(name) ?? [name])])))
  }
  return known
}
