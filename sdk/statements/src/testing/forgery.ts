import { canonicalBytes, fromUtf8, toBase64url } from '@reinraum/crypto'
import type { JwsSignature } from '../jws.ts'
import { parseStatement } from '../parse-statement.ts'

export type Jws = { payload: string; signatures: JwsSignature[] }

/** Rewrites a signed statement as an attacker would: without the keys. */
export function tamper(bytes: Uint8Array, change: (jws: Jws) => unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(change(JSON.parse(fromUtf8(bytes)) as Jws)))
}

/** The same statement with another payload under the old signatures. */
export function withPayload(bytes: Uint8Array, change: (document: Record<string, unknown>) => unknown): Uint8Array {
  const document = parseStatement(bytes).document as unknown as Record<string, unknown>
  return tamper(bytes, (jws) => ({ ...jws, payload: toBase64url(canonicalBytes(change(document))) }))
}

export function algorithmOf(signature: JwsSignature): string {
  return (JSON.parse(atob(signature.protected)) as { alg: string }).alg
}

/** Without the first signature of the algorithm. */
export function withoutSignature(bytes: Uint8Array, algorithm: string): Uint8Array {
  return tamper(bytes, (jws) => {
    const index = jws.signatures.findIndex((s) => algorithmOf(s) === algorithm)
    return { ...jws, signatures: jws.signatures.filter((_, i) => i !== index) }
  })
}

/** Flips one bit in the middle of the first signature of the algorithm. */
export function withBadSignature(bytes: Uint8Array, algorithm: string): Uint8Array {
  const flipped = (text: string) => `${text.slice(0, 40)}${text[40] === 'A' ? 'B' : 'A'}${text.slice(41)}`
  return tamper(bytes, (jws) => {
    const index = jws.signatures.findIndex((s) => algorithmOf(s) === algorithm)
    const signatures = jws.signatures.map((s, i) => (i === index ? { ...s, signature: flipped(s.signature) } : s))
    return { ...jws, signatures }
  })
}
