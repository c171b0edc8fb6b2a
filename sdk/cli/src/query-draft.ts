import { extname } from 'node:path'
import type { QueryDraft } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import { explainRule, parameterSchema, privacySchema } from '@reinraum/statements'
import { z } from 'zod'
import { readDocumentFile, readText } from './files.ts'

const draftSchema = z.strictObject({
  title: z.string().min(1).max(200).optional(),
  purpose: z.string().max(4000).optional(),
  sql: z.string().min(1),
  parameters: z.array(parameterSchema).optional(),
  privacy: privacySchema.optional(),
})

export interface QueryOptions {
  readonly title?: string
  readonly purpose?: string
  /** YAML or JSON list of parameters with their domains */
  readonly parameters?: string
  /** what it spends of each dataset that asks for noise */
  readonly epsilon?: string
  readonly delta?: string
}

/**
 * A query from a file: plain `.sql` with options beside it, or YAML with `title`, `purpose`, `sql`, `parameters`, `privacy`.
 * @throws ReinraumError `invalid-argument`, `unreadable-input`
 */
export async function readQueryDraft(file: string, options: QueryOptions): Promise<QueryDraft> {
  const content = extname(file).toLowerCase() === '.sql' ? { sql: await readText(file) } : await readDocumentFile(file)
  const parameters = options.parameters === undefined ? {} : { parameters: await readDocumentFile(options.parameters) }
  const beside = { ...parameters, ...privacyOf(options) }
  const parsed = draftSchema.safeParse(typeof content === 'object' && content !== null ? { ...content, ...beside } : content)
  if (!parsed.success) throw new ReinraumError('invalid-argument', `${file}: ${explainRule(parsed.error).join('\n')}`)
  const { sql, title, purpose, privacy } = parsed.data
  return {
    title: options.title ?? title ?? file,
    purpose: options.purpose ?? purpose ?? '',
    sql,
    parameters: parsed.data.parameters ?? [],
    ...(privacy === undefined ? {} : { privacy }),
  }
}

/** A δ that is not given is 0: noise that does without one spends none. */
function privacyOf({ epsilon, delta }: QueryOptions) {
  if (epsilon === undefined && delta === undefined) return {}
  return { privacy: { epsilon: numberOf(epsilon), delta: numberOf(delta ?? '0') } }
}

/** What is no number is left as it is: the schema says so. */
function numberOf(text: string | undefined): unknown {
  return text !== undefined && /^\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : text
}
