import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { snpReferenceValuesSchema } from './snp/reference-values.ts'
import { tdxReferenceValuesSchema } from './tdx/reference-values.ts'

/**
 * Reference values (RFC 9334) and the policy beside them, as they stand in a contract and in a partner's own file. A
 * document that names no TEE is none, and one that leaves a TEE out accepts no evidence of it.
 */
export const referenceValuesSchema = z
  .strictObject({ snp: snpReferenceValuesSchema.optional(), tdx: tdxReferenceValuesSchema.optional() })
  .refine(({ snp, tdx }) => snp !== undefined || tdx !== undefined, {
    message: 'name at least one kind of hardware: snp or tdx',
  })
export type ReferenceValues = z.infer<typeof referenceValuesSchema>
/** as a person writes them: what has a default may be left out */
export type ReferenceValuesInput = z.input<typeof referenceValuesSchema>

/** characters of JSON */
const remembered = new LRUCache<string, ReferenceValues>({ maxSize: 1024 * 1024 })

/**
 * Reads reference values as they stand in a document. The same contract is read again with each piece of evidence, so what
 * a text was read as is remembered.
 *
 * @returns null for anything that does not follow the schema
 */
export function readReferenceValues(input: ReferenceValuesInput): ReferenceValues | null {
  // What a document of it says, and not what the caller holds and could change.
  const text = textOf(input)
  const found = remembered.get(text)
  if (found !== undefined) return found
  const read = referenceValuesSchema.safeParse(JSON.parse(text))
  if (!read.success) return null
  remembered.set(text, read.data, { size: text.length })
  return read.data
}

function textOf(input: unknown): string {
  try {
    return JSON.stringify(input) ?? 'null'
  } catch {
    // In circles, or with a number that no JSON holds.
    return 'null'
  }
}
