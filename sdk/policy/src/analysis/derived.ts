import { aggregateFunctions, type ColumnRule } from '@reinraum/statements'
import type { Condition, Derived, DerivedColumn, From, Relation } from './block.ts'
import { type Column, columnsOf, type Expression } from './expression.ts'
import { checkFilter, checkNoPartners, isPlain, type Rules, rulesOf, strictest } from './rules.ts'

/** Rows picked and computed before an outer join: every one of them, the units of their datasets among the columns. */
export function derivedRows(
  from: From,
  where: Expression | null,
  columns: readonly { readonly value: Expression }[],
  conditions: readonly Condition[],
  table: string,
): Relation {
  const rules = rulesOf(from)
  checkNoPartners(rules, conditions[0]?.offset)
  for (const { value, offset } of conditions) checkFilter(value, rules, offset)
  const plain = (value: Expression, name: string): DerivedColumn => ({
    name,
    value,
    operation: null,
    bounds: null,
    type: value.type,
    rule: ruleOfValue(value, rules),
  })
  const shown = columns.map(({ value }, i) => plain(value, `k${i}`))
  const units = rules.units.map((unit, i) => shown.find(({ value }) => isSame(value, unit)) ?? plain(unit, `u${i}`))
  const hidden = units.filter((u) => !shown.includes(u))
  return relationOf(
    { from, where, grouped: false, columns: [...shown, ...hidden], units: [...new Set(units.map((u) => u.name))] },
    table,
  )
}

export function isSame(value: Expression | null, column: Column): boolean {
  return value?.kind === 'column' && value.table === column.table && value.name === column.name
}

export function relationOf(derived: Derived, table: string): Relation {
  const columns = derived.columns.map(({ name, type }) => ({ name, type }))
  return { alias: table, table, source: { kind: 'derived', derived }, columns }
}

/** What may be done with a value that was computed from columns: no more than with each of them. */
export function ruleOfValue(value: Expression, rules: Rules): ColumnRule {
  const columns = columnsOf(value)
  if (value.kind === 'column') {
    const own = rules.own(value)
    // what lies behind it is lost here, so it may be grouped and compared only, where the threshold is the cell's
    const plain = value.sides === undefined
    return {
      ...own,
      dimension: rules.dimension(value),
      filter: rules.filter(value),
      aggregate: plain ? aggregateFunctions.filter((name) => rules.aggregate(value, name)) : [],
      expressions: plain && rules.expressions(value),
    }
  }
  const filter = columns.length > 1 || !isPlain(value) ? 'none' : strictest(columns.map((c) => rules.filter(c)))
  return { dimension: columns.every((c) => rules.dimension(c)), filter, join: false, aggregate: [], expressions: false }
}
