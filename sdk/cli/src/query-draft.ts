import { extname } from 'node:path'
import type { QueryDraft } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import { parameterSchema } from '@reinraum/statements'
import { z } from 'zod'
import { readDocumentFile, readText } from './files.ts'

const draftSchema = z.strictObject({
  title: z.string().min(1).max(200).optional(),
  purpose: z.string().max(4000).optional(),
  sql: z.string().min(1),
  parameters: z.array(parameterSchema).optional(),
})

export interface QueryOptions {
  readonly title?: string
  readonly purpose?: string
  /** YAML or JSON list of parameters with their domains */
  readonly parameters?: string
}

/**
 * A query from a file: plain `.sql` with options beside it, or YAML with `title`, `purpose`, `sql`, `parameters`.
 * @throws ReinraumError `invalid-argument`, `unreadable-input`
 */
export async function readQueryDraft(file: string, options: QueryOptions): Promise<QueryDraft> {
  const content = extname(file).toLowerCase() === '.sql' ? { sql: await readText(file) } : await readDocumentFile(file)
  const parameters = options.parameters === undefined ? {} : { parameters: await readDocumentFile(options.parameters) }
  const parsed = draftSchema.safeParse(typeof content === 'object' && content !== null ? { ...content, ...parameters } : content)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ReinraumError('invalid-argument', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
  }
  const { sql, title, purpose } = parsed.data
  return {
    title: options.title ?? title ?? file,
    purpose: options.purpose ?? purpose ?? '',
    sql,
    parameters: parsed.data.parameters ?? [],
  }
}
