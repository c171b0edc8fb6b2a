import {
  canonicalBytes,
  constantTimeEqual,
  digestId,
  fromBase64url,
  isReinraumError,
  parseStrictJson,
  ReinraumError,
} from '@reinraum/crypto'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { type Document, readDocument } from './document.ts'
import { maximumSignatures, maximumStatementBytes } from './limits.ts'
import type { DigestId } from './parts/identifiers.ts'

export const statementType = 'reinraum-statement+jws'

/** The two algorithms of a statement: RFC 9864, and draft-ietf-cose-dilithium. */
export const statementAlgorithms = ['Ed25519', 'ML-DSA-65'] as const
export type Algorithm = (typeof statementAlgorithms)[number]

/** One signature of a General JWS (RFC 7515 §7.2.1), without an unprotected header. */
export type JwsSignature = { readonly protected: string; readonly signature: string }

/** A statement that was taken apart. Nothing about it is verified. */
export type OpenedStatement = {
  readonly id: DigestId
  readonly document: Document
  readonly bytes: Uint8Array
  readonly payload: string
  readonly signatures: readonly OpenedSignature[]
}
export type OpenedSignature = JwsSignature & { readonly algorithm: Algorithm; readonly kid: string }

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)
const generalJwsSchema = z.strictObject({
  payload: base64url,
  signatures: z
    .array(z.strictObject({ protected: base64url.max(1024), signature: base64url.max(8192) }))
    .max(maximumSignatures, 'too many signatures'),
})
const headerSchema = z.strictObject({
  alg: z.enum(statementAlgorithms),
  /** RFC 7638 thumbprint */
  kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  typ: z.literal(statementType),
})

/**
 * Takes a General JWS apart and reads its payload as a document. Throws `invalid-statement`, `unknown-field`,
 * `unknown-kind` or `signature-missing`; verifies nothing.
 */
export function openStatement(input: Uint8Array): OpenedStatement {
  // A copy, because verification is asynchronous and the caller keeps the buffer.
  const bytes = Uint8Array.from(input)
  const key = digestId(bytes)
  const found = known.get(key)
  if (found !== undefined) return { ...found, bytes }
  const opened = takeApart(bytes)
  known.set(key, opened, { size: bytes.length })
  return { ...opened, bytes }
}

/** What a statement says, whoever holds its bytes. Frozen all the way down. */
type Content = Omit<OpenedStatement, 'bytes'>

/**
 * Statements that were taken apart, by the SHA-256 of their bytes: what they say is a function of the bytes alone. Those of a
 * contract come with every run of it. What was verified about them is not kept here.
 */
const known = new LRUCache<DigestId, Content>({ max: 1024, maxSize: 8 << 20 })

function takeApart(input: Uint8Array): Content {
  const jws = read(generalJwsSchema, strictJson(input), 'the signed statement')
  const payload = strictBytes(jws.payload)
  const value = strictJson(payload)
  // RFC 8785: one document, one sequence of bytes, so one id.
  if (!constantTimeEqual(payload, canonicalBytes(value))) {
    throw new ReinraumError('invalid-statement', 'the payload is not in canonical form')
  }
  const signatures = jws.signatures.map(openSignature)
  if (signatures.length === 0) throw new ReinraumError('signature-missing', 'the statement has no signature')
  if (new Set(signatures.map((s) => s.kid)).size !== signatures.length) {
    throw new ReinraumError('invalid-statement', 'the statement has two signatures of one key')
  }
  return Object.freeze({
    id: digestId(payload),
    document: readDocument(value),
    payload: jws.payload,
    signatures: Object.freeze(signatures),
  })
}

/** The bytes of a General JWS, in canonical JSON. */
export function encodeStatement(payload: string, signatures: readonly JwsSignature[]): Uint8Array {
  const plain = signatures.map((s) => ({ protected: s.protected, signature: s.signature }))
  const bytes = canonicalBytes({ payload, signatures: plain })
  if (bytes.byteLength > maximumStatementBytes || plain.length > maximumSignatures) {
    throw new ReinraumError('invalid-statement', 'the statement is too large')
  }
  return bytes
}

function openSignature(entry: JwsSignature): OpenedSignature {
  const bytes = strictBytes(entry.protected)
  const value = strictJson(bytes)
  // The closed set of members also refuses `crit`, `b64`, `jwk`, `jku` and `x5u` (RFC 7515 §4.1, RFC 7797).
  const header = read(headerSchema, value, 'a protected header')
  if (!constantTimeEqual(bytes, canonicalBytes(value))) {
    throw new ReinraumError('invalid-statement', 'a protected header is not in canonical form')
  }
  // One text per signature, so that nobody else can write a valid statement in another way.
  strictBytes(entry.signature)
  return Object.freeze({ protected: entry.protected, signature: entry.signature, algorithm: header.alg, kid: header.kid })
}

function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const unknown = parsed.error.issues.some((issue) => issue.code === 'unrecognized_keys')
  throw unknown
    ? new ReinraumError('unknown-field', `${what} has an unknown field`)
    : new ReinraumError('invalid-statement', `${what} is not well formed`)
}

function strictJson(bytes: Uint8Array): unknown {
  return asInvalidStatement(() => parseStrictJson(bytes, { maxBytes: maximumStatementBytes }))
}

function strictBytes(text: string): Uint8Array {
  return asInvalidStatement(() => fromBase64url(text))
}

function asInvalidStatement<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (isReinraumError(error) && error.code === 'invalid-statement') throw error
    throw new ReinraumError('invalid-statement', 'the statement is not well formed', { cause: error })
  }
}
