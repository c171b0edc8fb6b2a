import { fixOf, type GuardVerdict, type Reason } from '@reinraum/policy'
import { oneLine, visible } from './output.ts'
import { reportText } from './report-text.ts'
import { formatSql } from './sql-text.ts'

const widest = 100

/** The guard's verdict for people: why not, where, and what to change; or what runs instead of the text, and what comes out. */
export function guardText(result: GuardVerdict, sql: string): string {
  if (result.verdict === 'refused') return ['refused', ...result.reasons.map((reason) => reasonText(reason, sql))].join('\n\n')
  // Indented: a name or a string in it may hold the end of a line, and what comes after would begin one of ours.
  const runs = formatSql(result.rewrittenSql).replaceAll(/^/gm, '  ')
  return ['allowed', '', reportText(result.report), '', 'What will run:', runs].join('\n')
}

/** The same for programs: every reason with its advice. */
export function guardJson(result: GuardVerdict) {
  if (result.verdict === 'allowed') {
    // The report says the same of the noise, in numbers that JSON has.
    const { noise, ...rest } = result
    const read = noise.map(({ cellsSql, histograms, units, table }) => {
      return { cellsSql, histograms, units: units?.sql ?? null, table }
    })
    return { ...rest, noise: read }
  }
  return { verdict: result.verdict, reasons: result.reasons.map((reason) => ({ ...reason, fix: fixOf(reason.code) })) }
}

function reasonText({ code, message, at }: Reason, sql: string): string {
  const place = at === undefined ? '' : `${at.line}:${at.column} `
  const excerpt = at === undefined ? [] : excerptOf(sql, at)
  return [`  ✗ ${place}${oneLine(message)} (${code})`, ...excerpt, `    ${fixOf(code)}`].join('\n')
}

/** The line with a caret under its column. What a terminal would not show takes more room once it is made visible. */
function excerptOf(sql: string, { line, column }: NonNullable<Reason['at']>): readonly string[] {
  const characters = [...(sql.split('\n')[line - 1] ?? '')].map((character) => (character === '\t' ? ' ' : visible(character)))
  const from = Math.max(0, Math.min(column - 1 - widest / 2, characters.length - widest))
  const margin = ' '.repeat(`${line}`.length)
  const before = characters.slice(from, column - 1).join('')
  const shown = characters.slice(from, from + widest).join('')
  return [`    ${line} │ ${shown}`, `    ${margin} │ ${' '.repeat([...before].length)}^`]
}
