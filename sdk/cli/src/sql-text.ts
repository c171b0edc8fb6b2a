const clauses = ['SELECT', 'FROM', 'WHERE', 'GROUP BY', 'HAVING', 'QUALIFY', 'ORDER BY', 'LIMIT', 'UNION', 'INTERSECT', 'EXCEPT']
const joins = [
  'INNER JOIN',
  'LEFT JOIN',
  'RIGHT JOIN',
  'FULL JOIN',
  'FULL OUTER JOIN',
  'CROSS JOIN',
  'SEMI JOIN',
  'ANTI JOIN',
  'JOIN',
]
const starts = new RegExp(`^(?:${[...clauses, ...joins].join('|')})\\b`, 'i')
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\s+|[A-Za-z_][A-Za-z0-9_$]*|[(),]|[^\s'"(),A-Za-z_]+|./gsu

interface Level {
  /** of lines in it */
  readonly indent: string
  /** a query of its own, and not the arguments of something */
  readonly query: boolean
}

/**
 * SQL over several lines: each clause and join, and each item of a list on a line of its own. Only white space between words is
 * changed, never a word, a string or a quoted name: what is read here is what runs.
 */
export function formatSql(sql: string): string {
  const words = sql.match(token) ?? []
  const levels: Level[] = [{ indent: '', query: true }]
  let text = ''
  let rest = sql
  let pending = ''
  for (const word of words) {
    const level = levels.at(-1) ?? { indent: '', query: true }
    const { length } = word
    if (/^\s/.test(word)) pending ||= text === '' ? '' : ' '
    else if (word === ')') {
      const closed = levels.length > 1 ? levels.pop() : undefined
      text += closed?.query ? `\n${levels.at(-1)?.indent ?? ''})` : `${pending}${word}`
      pending = ''
    } else {
      if (level.query && text !== '' && !text.endsWith('(\n') && starts.test(rest) && !joined(text)) pending = `\n${level.indent}`
      text += text.endsWith('\n') ? `${level.indent}${word}` : `${pending}${word}`
      pending = ''
      if (word === ',' && level.query) pending = `\n${level.indent}${/\n *\),$/.test(text) ? '' : '  '}`
      if (word === '(') {
        const query = /^\(\s*(?:SELECT|WITH)\b/i.test(rest)
        levels.push({ indent: query ? `${level.indent}  ` : level.indent, query })
        if (query) text += '\n'
      }
    }
    rest = rest.slice(length)
  }
  return text
}

/** The second word of LEFT JOIN, or of a name that is spelt like a clause after a dot or AS. */
function joined(text: string): boolean {
  return /(?:\b(?:INNER|LEFT|RIGHT|FULL|OUTER|CROSS|SEMI|ANTI|DISTINCT|AS)\s*|\.)$/i.test(text)
}
