import type { SelectNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { type Group, groupOf, readGroups, rowEnvironment } from './aggregate-block.ts'
import type { DerivedColumn } from './block.ts'
import { isSame, relationOf, ruleOfValue } from './derived.ts'
import type { Column } from './expression.ts'
import type { FromRead } from './from.ts'
import { joinsFromWhere } from './joins-from-where.ts'
import { aliasIn } from './modifiers.ts'
import { conjunctionOf, requireBoolean } from './operators.ts'
import { outputName } from './output-names.ts'
import { conditionsOf, type RowSet } from './row-set.ts'
import { checkFilter, checkNoPartners, rulesOf } from './rules.ts'
import { resolve } from './scope.ts'
import { type Environment, type Surroundings, translate } from './translate.ts'
import { rowsPerUnitOf, unitAggregate } from './unit-aggregates.ts'

/**
 * A subquery that groups by a privacy unit: one row per unit, or several per unit with further groups. Every row of it is
 * of one unit, so an aggregate around it counts units as over the dataset itself. What it computes is a column that may be
 * used as those it was computed from. undefined for a subquery that groups by something else, whose rows are results.
 */
export function perUnit(
  select: SelectNode,
  source: FromRead,
  surroundings: Surroundings,
  alias: () => string,
  /** SELECT DISTINCT: every item is a group */
  distinct: boolean,
): RowSet | undefined {
  const { scope } = source
  const rows = rowEnvironment(scope, surroundings)
  const { from, conditions } = joinsFromWhere(source.from, [...source.where, ...conditionsOf(select.where_clause, rows)])
  const rules = rulesOf(from)
  const found = distinct
    ? select.select_list.map((node) => ({ node, value: translate(node, rows) }))
    : readGroups(select, rows, scope).items
  const isUnit = (value: unknown): value is Column => rules.units.some((u) => isSame(value as Column, u))
  if (!found.some(({ value }) => isUnit(value))) return undefined
  checkNoPartners(rules, offsetWithin(select.select_list))
  checkOnlyOrder(select, distinct)
  if (select.group_sets.length > 1) refuse('grouping-sets-not-allowed', 'rows of privacy units have one set of groups')
  for (const { value, offset } of conditions) checkFilter(value, rules, offset)

  const most = rowsPerUnitOf(from)
  const table = alias()
  const columns: DerivedColumn[] = []
  const slot = rules.units[0]?.slot ?? null
  const add = (column: Omit<DerivedColumn, 'name'>): Column => {
    const key = JSON.stringify(column)
    const known = columns.find(({ name: _name, ...other }) => JSON.stringify(other) === key)
    const name = known?.name ?? `k${columns.length}`
    if (known === undefined) columns.push({ ...column, name })
    return { kind: 'column', table, name, type: column.type, slot }
  }
  const groups = found.map(({ node, value }): Group => {
    const rule = ruleOfValue(value, rules)
    if (!isUnit(value) && rule.dimension !== true) {
      refuse('column-not-allowed', 'beside the privacy unit, only dimensions group rows', offsetWithin(node))
    }
    return { ...add({ value, operation: null, bounds: null, type: value.type, rule }), value, nodeClass: tagOf(node, 'class') }
  })
  const units = groups.filter((g) => isUnit(g.value)).map((g) => g.name)
  const inside: Environment = {
    column: (names, offset) => {
      resolve(scope, names, offset)
      return refuse('not-grouped', 'a column outside an aggregate must stand in GROUP BY', offset)
    },
    aggregate: (call) => unitAggregate(call, (node) => translate(node, rows), rules, most, add),
    known: (node) => {
      const group = groupOf(node, groups, rows)
      return group?.kind === 'column' ? { ...group, table, slot } : group
    },
    ...surroundings,
  }
  const items = select.select_list.map((node, i) => ({ name: outputName(node, i), value: translate(node, inside) }))
  const withAliases: Environment = { ...inside, known: (node) => inside.known?.(node) ?? aliasIn(items, node) }
  const having =
    select.having === null
      ? []
      : [
          {
            value: requireBoolean(translate(select.having, withAliases), offsetWithin(select.having)),
            offset: offsetWithin(select.having),
          },
        ]
  const where = conditions.length === 0 ? null : conjunctionOf(conditions.map((c) => c.value))
  const relation = relationOf({ from, where, grouped: true, columns, units }, table)
  return { from: { kind: 'relation', relation }, where: having, columns: items }
}

function checkOnlyOrder(select: SelectNode, distinct: boolean): void {
  const known = distinct ? ['ORDER_MODIFIER', 'DISTINCT_MODIFIER'] : ['ORDER_MODIFIER']
  const other = select.modifiers.find((m) => !known.includes(tagOf(m, 'type')))
  if (other !== undefined) {
    refuse('raw-rows', 'rows of privacy units are not cut; aggregate them, then cut the result', offsetOf(other))
  }
}
