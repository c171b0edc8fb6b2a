import { generateKeyPairSync } from 'node:crypto'
import type { CertificateContent } from '../simulator/certificates.ts'
import { now } from './simulated-evidence.ts'

/** Keys that no platform has: RSA as AMD's authorities have it, and P-384 as AMD's leaves do and nothing of Intel's. */
export const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const strangerP384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })

export function shiftedBy(hours: number): Date {
  return new Date(now.getTime() + hours * 3600 * 1000)
}

/** Puts an extension in the place of the one with its OID; null only takes that one away. */
export function withExtension(oid: string, value: Uint8Array | null, critical = false) {
  return (content: CertificateContent): CertificateContent => {
    const others = content.extensions.filter((extension) => extension.oid !== oid)
    return { ...content, extensions: value === null ? others : [...others, { oid, critical, value }] }
  }
}
