import { type DocumentInput, type Identity, mergeSignatures, parseStatement, signerOf, signStatement } from '@reinraum/statements'

/** A statement as its signers would send it. */
export interface SignedStatement {
  readonly id: string
  readonly bytes: Uint8Array
}

/** The document signed by each of them; a contract is complete when all its members sign. */
export async function signByAll(document: DocumentInput, signers: readonly Identity[]): Promise<SignedStatement> {
  const [first, ...rest] = await Promise.all(signers.map((identity) => signStatement(document, signerOf(identity))))
  if (first === undefined) throw new Error('nobody signs')
  let bytes = first
  for (const copy of rest) bytes = await mergeSignatures(bytes, copy)
  return { id: parseStatement(bytes).id, bytes }
}
