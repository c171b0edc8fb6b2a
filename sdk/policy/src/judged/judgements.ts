import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineName } from './engine-names.ts'

/** What was decided about a name of the engine. `internal` stands in rewrites only, where no query can name it. */
export interface Judgement {
  readonly verdict: 'allowed' | 'internal' | 'refused'
  readonly reason: string
}

export function judgementsPath(version: string): string {
  return join(import.meta.dirname, `duckdb-${version}.tsv`)
}

/** undefined: nobody judged this version of the engine. */
export function readJudgements(version: string): ReadonlyMap<EngineName, Judgement> | undefined {
  const path = judgementsPath(version)
  return existsSync(path) ? parseJudgements(readFileSync(path, 'utf8')) : undefined
}

/** A line per name: kind and name, verdict, reason, with tabs between them. */
export function parseJudgements(text: string): ReadonlyMap<EngineName, Judgement> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [name = '', verdict = '', reason = ''] = line.split('\t')
      if ((verdict !== 'allowed' && verdict !== 'internal' && verdict !== 'refused') || reason === '') {
        throw new Error(`${name} has no verdict and reason`)
      }
      return [name, { verdict, reason }]
    }),
  )
}

/** Names that the engine has and nobody judged. */
export function unjudged(names: readonly EngineName[], judgements: ReadonlyMap<EngineName, Judgement>): readonly EngineName[] {
  return names.filter((name) => !judgements.has(name))
}
