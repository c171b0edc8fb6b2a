import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf'
import { createValidator, type Validator } from '@bufbuild/protovalidate'
import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import { maxNamedViolations } from './limits.ts'

let validator: Validator | undefined

/**
 * Decodes bytes from outside and holds them against the rules in the .proto file.
 * @throws ReinraumError `invalid-argument`
 */
export function decodeRequest(schema: DescMessage, bytes: Uint8Array): Message {
  const message = decode(schema, bytes)
  requireValid(schema, message, 'invalid-argument')
  return message
}

/**
 * Holds a message against the rules in the .proto file.
 * @throws ReinraumError with this code
 */
export function requireValid(schema: DescMessage, message: Message, code: ErrorCode): void {
  validator ??= createValidator()
  const result = validator.validate(schema, message)
  if (result.kind === 'valid') return
  if (result.kind === 'error') throw new ReinraumError('internal', 'the message could not be checked', { cause: result.error })
  // The rule's own text and the field's path; never the value.
  const named = result.violations.slice(0, maxNamedViolations).map(({ field, ruleId }) => `${pathOf(field)}: ${ruleId}`)
  throw new ReinraumError(code, `invalid ${schema.name} (${named.join('; ')})`)
}

/** @throws ReinraumError `invalid-argument` */
export function decode(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    // Buffers come off the wire; as plain arrays, `slice` copies everywhere instead of giving a view on shared memory.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return fromBinary(schema, plain, { readUnknownFields: false })
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `not a ${schema.name}`, { cause })
  }
}

function pathOf(field: readonly { readonly kind: string; readonly name?: string }[]): string {
  return (
    field.map((part) => (part.kind === 'field' || part.kind === 'oneof' ? (part.name ?? '') : part.kind)).join('.') || 'message'
  )
}
