import { type Core, type From, relationsOf } from '../analysis/block.ts'
import type { Column, Constant, Expression } from '../analysis/expression.ts'
import { booleanType } from '../analysis/types.ts'
import { refuse } from '../reasons.ts'

/** The groups of one query where all of them are public: the values of each group column, as the engine writes them. */
export type DeclaredGroups = readonly (readonly string[])[]

const mostGroups = 100_000

/**
 * What the rules declare of the columns that a core groups by; null where one of them has no domain, so that groups come from
 * the data. Without any column, the one group is known.
 */
export function declaredGroups({ from, groups }: Core): DeclaredGroups | null {
  const domains = groups.map(({ value }) => domainOf(value, from))
  const found = domains.flatMap((domain) => (domain === null ? [] : [domain]))
  if (found.length < domains.length) return null
  return found
}

/** @throws Refusal where all aggregations of a query, by all of their groupings, have more groups than get noise in time */
export function checkGroups(all: readonly (DeclaredGroups | null)[]): void {
  const count = all.reduce((sum, groups) => sum + (groups === null ? 0 : countOf(groups)), 0)
  if (count > mostGroups)
    refuse('too-complex', `the domains have ${count} groups together, and a query with noise at most ${mostGroups}`)
}

/** How many groups there are. */
export function countOf(groups: DeclaredGroups): number {
  return groups.reduce((product, domain) => product * domain.length, 1)
}

/** Names of the columns whose rules would have to declare a domain. */
export function withoutDomain({ from, groups }: Core): readonly string[] {
  return groups.flatMap(({ value }) =>
    domainOf(value, from) !== null ? [] : [value.kind === 'column' ? columnName(value, from) : 'an expression'],
  )
}

/** Rows of other groups, and of none, are left out before anything is counted. */
export function withinDomains({ groups }: Pick<Core, 'groups'>, domains: DeclaredGroups): readonly Expression[] {
  return groups.map(({ value }, i): Expression => {
    const options = (domains[i] ?? []).map((text): Constant => ({ kind: 'constant', type: value.type, text }))
    return { kind: 'in', value, options, negated: false, type: booleanType }
  })
}

/** Types of which every value has one text, the same in a rule and from the engine. */
function domainOf(value: Expression, from: From): readonly string[] | null {
  if (value.kind !== 'column') return null
  switch (value.type.family) {
    case 'boolean':
      return ['false', 'true']
    case 'text':
    case 'integer':
    case 'date':
      return declaredFor(value, from)?.map(String) ?? null
    default:
      return null
  }
}

function declaredFor(column: Column, from: From): readonly (string | number)[] | undefined {
  const source = relationsOf(from).find((r) => r.table === column.table)?.source
  if (source?.kind === 'slot') {
    const { columns } = source.slot.rule
    return Object.hasOwn(columns, column.name) ? columns[column.name]?.domain : undefined
  }
  if (source?.kind !== 'derived') return undefined
  const behind = source.derived.columns.find((c) => c.name === column.name)
  return behind?.operation === null && behind.value?.kind === 'column'
    ? declaredFor(behind.value, source.derived.from)
    : undefined
}

function columnName(column: Column, from: From): string {
  const source = relationsOf(from).find((r) => r.table === column.table)?.source
  const behind = source?.kind === 'derived' ? source.derived.columns.find((c) => c.name === column.name)?.value : undefined
  return behind?.kind === 'column' ? behind.name : column.name
}
