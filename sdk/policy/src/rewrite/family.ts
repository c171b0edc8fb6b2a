import { type Block, type Core, type CoreAggregate, type From, slotsOf } from '../analysis/block.ts'
import { blocksIn, type Column, type Expression, keyOf } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'

/**
 * Cores over the same rows (same FROM, same WHERE) are one family of grouping sets: their cells are computed by one scan,
 * and what is suppressed in one of them is not left to be computed from another, such as the total beside its parts.
 */
export interface Family {
  readonly name: string
  readonly from: From
  readonly where: Expression | null
  readonly units: readonly Column[]
  readonly groups: readonly { readonly name: string; readonly value: Expression }[]
  /** indices into groups, every set once; finer sets come before those within them */
  readonly sets: readonly (readonly number[])[]
  /** the first set is finer than all others, and no core asked for it: it tells cells that cross apart and is never shown */
  readonly refined: boolean
  /** sets that no core asked for, and whose cells are taken for known: another family may tell them */
  readonly assumed: readonly (readonly number[])[]
  /** conditions of other families over the same rows, which leave some of this one's out: those are a difference of results */
  readonly besides: readonly Expression[]
  readonly aggregates: readonly CoreAggregate[]
}

/** Where a core finds its own in its family. */
export interface Member {
  readonly family: Family
  readonly groups: readonly string[]
  readonly aggregates: readonly string[]
  /** per set of the core, the index of the family's */
  readonly sets: readonly number[]
}

/** The families of all cores over protected datasets; `free` makes a name that nothing else in the query has. */
export function familiesOf(blocks: readonly Block[], free: (name: string) => string, refine: boolean): ReadonlyMap<Core, Member> {
  const cores = blocks.flatMap(({ source }) => (source.kind === 'core' && source.core.units.length > 0 ? [source.core] : []))
  const members = new Map<Core, Member>()
  const families = [...Map.groupBy(cores, relationKey).values()]
  for (const together of families) {
    const others = families.filter((other) => other !== together && sharesUnits(other, together))
    const family = {
      ...familyOf(together, free('cells'), refine, refine ? others.flatMap(setsByKey) : []),
      besides: refine ? besidesOf(together, others) : [],
    }
    for (const core of together) members.set(core, memberOf(core, family))
  }
  return members
}

/**
 * Rows are the same whatever the query calls its tables: the rewrite numbers them in the order of FROM. Cores that take
 * values from other blocks stand together only if they take them from the same ones, so that no family reads itself.
 */
function relationKey({ from, where, groups, aggregates }: Core): string {
  const read = [...groups.map((g) => g.value), ...aggregates.flatMap((a) => [a.value, a.filter]), where]
  const blocks = new Set(read.flatMap((e) => (e === null ? [] : blocksIn(e))))
  const terms = where === null ? [] : [...new Set(termsOf(where).map(keyOf))].sort()
  return JSON.stringify([fromKey(from), terms, [...blocks].sort()])
}

function fromKey(from: From): string {
  return JSON.stringify(from, (key, value: unknown) => {
    if (key === 'alias') return undefined
    // of a dataset its name says all: its rule is long
    return key === 'slot' && value !== null && typeof value === 'object' ? (value as Slot).id : value
  })
}

const maximumBesides = 16

/**
 * WHERE of other families with the same FROM, unless all of its terms are terms here too. One that takes values from other
 * blocks cannot be computed here: the block may be made of this family.
 */
function besidesOf([core]: readonly Core[], others: readonly (readonly Core[])[]): readonly Expression[] {
  if (core === undefined) throw new Error('a family has a core')
  const own = new Set(core.where === null ? [] : termsOf(core.where).map(keyOf))
  const conditions = others.flatMap(([other]) => {
    const where = other !== undefined && fromKey(other.from) === fromKey(core.from) ? other.where : null
    return where === null || blocksIn(where).length > 0 || termsOf(where).every((t) => own.has(keyOf(t))) ? [] : [where]
  })
  const distinct = [...new Map(conditions.map((c) => [keyOf(c), c])).values()]
  return distinct.length <= maximumBesides
    ? distinct
    : refuse('too-complex', `a query reads the same rows under at most ${maximumBesides + 1} conditions`)
}

/** Terms of AND, without double negations. */
function termsOf(condition: Expression): readonly Expression[] {
  if (condition.kind === 'logic' && condition.op === 'and') return condition.terms.flatMap(termsOf)
  return condition.kind === 'not' && condition.term.kind === 'not' ? termsOf(condition.term.term) : [condition]
}

function sharesUnits(some: readonly Core[], others: readonly Core[]): boolean {
  const ids = (cores: readonly Core[]) =>
    cores.flatMap(({ from }) => slotsOf(from).flatMap((s) => (s.unit === null ? [] : [s.id])))
  const known = new Set(ids(others))
  return ids(some).some((id) => known.has(id))
}

/** The grouping sets of all cores, as keys of their expressions. */
function setsByKey(cores: readonly Core[]): readonly (readonly string[])[] {
  return cores.flatMap(({ sets, groups }) => sets.map((set) => set.map((i) => keyOf(groups[i]?.value ?? missing()))))
}

/**
 * Another family's rows may be the same, by a condition that everybody fulfils or a join that everybody has. Its cells, and
 * what their sums are, are then totals of this one's.
 */
function assumedSets(groups: Family['groups'], asked: Family['sets'], others: readonly (readonly string[])[]): Family['sets'] {
  const known = others.map((keys) => groups.flatMap((g, i) => (keys.includes(keyOf(g.value)) ? [i] : [])))
  const further = known.filter((set, i) => [...asked, ...known.slice(0, i)].every((other) => String(other) !== String(set)))
  // many are taken for their coarsest: everything
  return further.length <= maximumAssumed ? further : further.filter((set) => set.length === 0)
}

const maximumAssumed = 4

function familyOf(cores: readonly Core[], name: string, refine: boolean, others: readonly (readonly string[])[]): Family {
  const [first] = cores
  if (first === undefined) throw new Error('a family has a core')
  const groups = unique(cores.flatMap((core) => core.groups)).map((g, i) => ({ ...g, name: `g${i}` }))
  const aggregates = distinctAggregates(cores).map((a, i) => ({ ...a, name: `a${i}` }))
  const places = cores.flatMap((core) => setsWithin(core, groups))
  const own = places.filter((set, i) => places.findIndex((other) => String(other) === String(set)) === i)
  const assumed = assumedSets(groups, own, others)
  const asked = [...own, ...assumed].sort(finerFirst)
  const finest = groups.map((_, i) => i)
  const refined = refine && !isChain(asked) && asked[0]?.length !== finest.length
  const { from, where, units } = first
  const sets = refined ? [finest, ...asked] : asked
  return { name, from, where, units, groups, sets, refined, assumed, besides: [], aggregates }
}

/** The sets that cores asked for, or whose cells are taken for known. */
export function askedSets({ sets, refined }: Family): Family['sets'] {
  return refined ? sets.slice(1) : sets
}

/** Whether every set lies within the one before, so that cells are nested or disjoint. */
export function isChain(sets: Family['sets']): boolean {
  return sets.every((set, i) => i === 0 || set.every((group) => sets[i - 1]?.includes(group)))
}

function finerFirst(a: readonly number[], b: readonly number[]): number {
  return b.length - a.length || (String(a) < String(b) ? -1 : 1)
}

function unique(groups: Core['groups']): Core['groups'] {
  return groups.filter((g, i) => groups.findIndex((other) => keyOf(other.value) === keyOf(g.value)) === i)
}

function aggregateKey({ name: _, ...aggregate }: CoreAggregate): string {
  return JSON.stringify(aggregate)
}

function distinctAggregates(cores: readonly Core[]): readonly CoreAggregate[] {
  return [...new Map(cores.flatMap((core) => core.aggregates).map((a) => [aggregateKey(a), a])).values()]
}

function setsWithin(core: Core, groups: Family['groups']): readonly (readonly number[])[] {
  const place = (i: number) => groups.findIndex((g) => keyOf(g.value) === keyOf(core.groups[i]?.value ?? missing()))
  return core.sets.map((set) => set.map(place).sort((a, b) => a - b))
}

function memberOf(core: Core, family: Family): Member {
  const name = (value: Expression) => family.groups.find((g) => keyOf(g.value) === keyOf(value))?.name ?? missing()
  const aggregates = new Map(family.aggregates.map((a) => [aggregateKey(a), a.name]))
  return {
    family,
    groups: core.groups.map((g) => name(g.value)),
    aggregates: core.aggregates.map((a) => aggregates.get(aggregateKey(a)) ?? missing()),
    sets: setsWithin(core, family.groups).map((set) => family.sets.findIndex((s) => String(s) === String(set))),
  }
}

function missing(): never {
  throw new Error('a core is part of its family')
}
