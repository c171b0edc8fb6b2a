import type { Document, Kind } from './document.ts'
import { openStatement } from './jws.ts'
import type { DigestId } from './parts/identifiers.ts'

export type ParsedStatement = {
  readonly id: DigestId
  readonly kind: Kind
  readonly document: Document
  /** RFC 7638 thumbprints of the keys that are said to have signed */
  readonly kids: readonly string[]
}

/** Reads a statement's shape. **Nothing is verified**: use it to route a statement, never to believe it. */
export function parseStatement(bytes: Uint8Array): ParsedStatement {
  const { id, document, signatures } = openStatement(bytes)
  return Object.freeze({ id, kind: document.kind, document, kids: Object.freeze(signatures.map((s) => s.kid)) })
}
