import { type Block, type From, type Relation, relationsOf } from '../analysis/block.ts'
import { blocksIn, columnsOf, type Expression } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'
import type { JoinRequirement, Restrictions } from './restrictions.ts'

/** Whether rows of datasets are joined with whose their rules ask for, and with nothing where they ask for that. */
export function checkJoins(blocks: readonly Block[], { joins, joinOperators }: Restrictions): void {
  const behind = slotsBehind(blocks)
  for (const block of blocks) {
    const { source } = block
    if (source.kind === 'set') continue
    const from = source.kind === 'core' ? source.core.from : source.from
    for (const requirement of joins) checkRequirement(requirement, block, from, behind)
    // released rows have left the rules of joins behind
    if (source.kind === 'core' && !joinOperators.includes('and') && joinsOf(from).some((j) => j.equalities.length > 1)) {
      refuse('join-not-allowed', 'the rules do not allow a join on several equalities at once')
    }
  }
}

function checkRequirement(requirement: JoinRequirement, block: Block, from: From, behind: SlotsBehind): void {
  const { slot, condition } = requirement
  for (const relation of relationsOf(from).filter((r) => slotOf(r)?.id === slot)) {
    if (condition !== 'blocked') checkPartners(requirement, joinedWith(relation, from))
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

/**
 * Datasets that inner joins tie this one to, also through others. A row of it that a later outer join keeps is kept together
 * with theirs, so each of its rows in the relation has met one of each of them.
 */
function joinedWith(relation: Relation, from: From): readonly Slot[] {
  const ties = joinsOf(from).flatMap(({ join, equalities }) =>
    join === 'inner' ? equalities.map(({ left, right }) => [...columnsOf(left), ...columnsOf(right)].map((c) => c.table)) : [],
  )
  let tied = new Set([relation.table])
  for (let size = 0; size < tied.size; ) {
    size = tied.size
    tied = new Set([...tied, ...ties.filter((tables) => tables.some((t) => tied.has(t))).flat()])
  }
  return relationsOf(from).flatMap((r) => (tied.has(r.table) ? (slotOf(r) ?? []) : []))
}

type Join = Extract<From, { readonly kind: 'join' }>

function joinsOf(from: From): readonly Join[] {
  return from.kind === 'relation' ? [] : [from, ...joinsOf(from.left), ...joinsOf(from.right)]
}

function slotOf({ source }: Relation): Slot | undefined {
  return source.kind === 'slot' ? source.slot : undefined
}

function named(from: From): readonly string[] {
  return relationsOf(from).map(({ source }) => (source.kind === 'slot' ? source.slot.id : source.block.name))
}

/** What meets rows before they are released: in FROM, or as values to compare them with, which is a join by another name. */
function meetsRows({ source, where, select, order }: Block): readonly string[] {
  switch (source.kind) {
    case 'set':
      return [source.set.left.name, source.set.right.name]
    case 'core': {
      const { from, groups, aggregates } = source.core
      return [
        ...named(from),
        ...valuesIn([source.core.where, ...groups.map((g) => g.value), ...aggregates.flatMap((a) => [a.value, a.filter])]),
      ]
    }
    case 'released':
      return [...named(source.from), ...valuesIn([where, ...select.map((s) => s.value), ...order.map((o) => o.value)])]
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
