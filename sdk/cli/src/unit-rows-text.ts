import type { CountedUnits } from '@reinraum/client'
import type { AnalysisRule, UnitRows } from '@reinraum/statements'
import { oneLine } from './output.ts'

/** What sealing counted, beside what the rule counts of it: for the owner. */
export function countedText({ column, most, leftOut }: CountedUnits, { privacyUnit }: Pick<AnalysisRule, 'privacyUnit'>): string {
  const unit = oneLine(column)
  if (leftOut !== undefined)
    return `${leftOut === 0 ? 'no row was' : leftOut === 1 ? '1 row was' : `${leftOut} rows were`} left out; ${countedText({ column, most }, { privacyUnit })}`
  if (most === null) return `too many to count the rows of each ${unit} here; queries with noise take longer`
  const { maxRowsPerUnit: rows, maxGroupsPerUnit: groups } = privacyUnit === 'none' ? {} : privacyUnit
  if (rows !== undefined && most > rows)
    return `WARNING: a ${unit} has ${rowsText(most)}; the rule counts at most ${rows}, and results leave the others out`
  const bound = rows === undefined ? `${groups} groups` : `${rows}`
  return `no ${unit} has more than ${rowsText(most)}; the rule counts at most ${bound}`
}

/** What a manifest states of units, to everyone. */
export function statedText({ column, rowsAtMost }: UnitRows): string {
  return `no ${oneLine(column)} has more than ${rowsText(rowsAtMost)}`
}

function rowsText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`
}
