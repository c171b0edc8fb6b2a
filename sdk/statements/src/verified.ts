import { ReinraumError } from '@reinraum/crypto'
import type { Document, DocumentOf, Kind } from './document.ts'
import type { OpenedStatement } from './jws.ts'
import type { Contract } from './kinds/contract.ts'
import type { DigestId } from './parts/identifiers.ts'

declare const verified: unique symbol

/** A statement that was verified. Only this package makes one; the document is frozen all the way down. */
export type Verified<T extends Document> = {
  readonly id: DigestId
  readonly document: T
  /** the signed statement as it arrived */
  readonly bytes: Uint8Array
  readonly [verified]: true
}

export type VerifiedContract = Verified<Contract> & {
  /** members whose two signatures stand under the contract, in the contract's order */
  readonly acceptedBy: readonly string[]
}

/** An opened statement whose document is of the kind. */
export type OpenedAs<K extends Kind> = Omit<OpenedStatement, 'document'> & { readonly document: DocumentOf<K> }

/** Narrows an opened statement to the kinds that are expected. Throws `invalid-statement`. */
export function expectKind<K extends Kind>(opened: OpenedStatement, ...expected: readonly K[]): OpenedAs<K> {
  const { kind } = opened.document
  if (!(expected as readonly Kind[]).includes(kind)) {
    throw new ReinraumError('invalid-statement', `expected ${expected.join(' or ')}, found ${kind}`)
  }
  return opened as OpenedAs<K>
}

/** Marks a statement as verified. Called at the end of a verification, never before. */
export function asVerified<T extends Document>(opened: { id: DigestId; document: T; bytes: Uint8Array }): Verified<T> {
  return Object.freeze({ id: opened.id, document: opened.document, bytes: opened.bytes }) as Verified<T>
}
