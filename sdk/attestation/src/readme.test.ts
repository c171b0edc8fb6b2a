import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { vtpmCheckNames } from './azure/check-names.ts'
import { snpCheckNames } from './snp/checks/names.ts'
import { tdxCheckNames } from './tdx/checks/names.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** every name in backticks between two headings */
function namesIn(from: string, to: string): Set<string> {
  const part = readme.slice(readme.indexOf(from), readme.indexOf(to))
  return new Set([...part.matchAll(/`([a-z0-9-]+)`/g)].map(([, name = '']) => name))
}

it('the README names every check of each kind of hardware', () => {
  expect(snpCheckNames.filter((name) => !namesIn('## SEV-SNP', '## TDX').has(name))).toEqual([])
  const tdx = namesIn('## TDX', '## Known bypasses')
  expect([...tdxCheckNames, ...vtpmCheckNames].filter((name) => !tdx.has(name))).toEqual([])
})

it('and answers each bypass with checks that exist', () => {
  const known = new Set<string>([...snpCheckNames, ...tdxCheckNames, ...vtpmCheckNames])
  const rows = readme.slice(readme.indexOf('## Known bypasses'), readme.indexOf('## Limits')).split('\n').slice(4)
  for (const row of rows.filter((line) => line.startsWith('|'))) {
    const answers = [...(row.split('|')[2] ?? '').matchAll(/`([a-z0-9-]+)`/g)].map(([, name = '']) => name)
    expect({ row, answered: answers.length > 0, unknown: answers.filter((name) => !known.has(name)) }).toEqual({
      row,
      answered: true,
      unknown: [],
    })
  }
})
