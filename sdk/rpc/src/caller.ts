import type { PeerCertificate } from 'node:tls'
import { ReinraumError } from '@reinraum/crypto'
import type { Ed25519Jwk } from '@reinraum/statements'

/** Path of a service's SPIFFE URI: `executor`, `keys/health-agency`. */
export type ServiceId = string

/** Who calls: a party by the key that signed its request token, a service by its certificate. */
export type Caller =
  | { readonly kind: 'party'; readonly key: Ed25519Jwk }
  | { readonly kind: 'service'; readonly id: ServiceId }
  | { readonly kind: 'anonymous' }

// SPIFFE-ID §2: scheme and trust domain in lower case, no port, no userinfo, no query, no fragment, no empty segment.
const spiffeUri = /^spiffe:\/\/reinraum\/([a-z][a-z0-9-]{0,62}(?:\/[a-z][a-z0-9-]{0,62})?)$/

/** @throws ReinraumError `unauthenticated` */
export function parseSpiffeId(uri: string): ServiceId {
  const id = spiffeUri.exec(uri)?.[1]
  if (id === undefined) throw new ReinraumError('unauthenticated', 'the certificate names no service of this room')
  return id
}

/**
 * The service that a verified peer certificate names. X509-SVID §2: exactly one URI name.
 * @throws ReinraumError `unauthenticated`
 */
export function serviceOf(certificate: PeerCertificate | undefined): ServiceId {
  const names = subjectAlternativeNames(certificate?.subjectaltname ?? '')
  const uris = names.filter((name) => name.type === 'URI')
  const [uri] = uris
  if (uris.length !== 1 || uri === undefined) {
    throw new ReinraumError('unauthenticated', 'a certificate with exactly one service name is required')
  }
  return parseSpiffeId(uri.value)
}

// Node writes `TYPE:value, TYPE:value` and puts any value that holds a comma, a quote or a control character into a JSON
// string, so a crafted DNS name cannot pretend to be a further entry (CVE-2021-44532).
const entry = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y

function subjectAlternativeNames(text: string): readonly { readonly type: string; readonly value: string }[] {
  const names: { type: string; value: string }[] = []
  entry.lastIndex = 0
  while (entry.lastIndex < text.length) {
    const match = entry.exec(text)
    if (match?.[1] === undefined || match[2] === undefined) return []
    names.push({ type: match[1], value: match[2] })
  }
  return names
}
