import { parseStrictJson, sealedObjectSchema } from '@reinraum/crypto'
import { memberIdSchema } from '@reinraum/statements'
import { z } from 'zod'

const recipientsLayerSchema = z.strictObject({ recipients: z.record(memberIdSchema, sealedObjectSchema) })
const reviewLayerSchema = z.strictObject({ reviewer: memberIdSchema, sealed: sealedObjectSchema })

/** The members to whom a layer of the sealed result keys says it is sealed; undefined when it is no layer. */
export function sealedTo(layer: Uint8Array): readonly string[] | undefined {
  const value = read(layer)
  const review = reviewLayerSchema.safeParse(value)
  if (review.success) return [review.data.reviewer]
  const recipients = recipientsLayerSchema.safeParse(value)
  return recipients.success ? Object.keys(recipients.data.recipients) : undefined
}

export function isSealedObject(bytes: Uint8Array): boolean {
  return sealedObjectSchema.safeParse(read(bytes)).success
}

function read(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch {
    return undefined
  }
}
