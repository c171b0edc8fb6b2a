import { generateKeyPairSync } from 'node:crypto'
import type { AttestationReason } from '../../result.ts'
import type { CertificateContent } from '../../simulator/certificates.ts'
import type { TdxCheckName } from '../../tdx/checks/names.ts'
import { shiftedBy } from '../certificate-changes.ts'
import type { TdxSituation } from '../simulated-tdx-evidence.ts'

/** What other verifiers let through; each is a fault here that names it. */
export const knownBypasses = [
  'the QE identity is never verified (CVE-2026-22696)',
  'the TDX module has no identity (dcap-qvl 124)',
  'out of date is called valid (dcap-qvl 125)',
  'the vendor id is not compared (dcap-qvl 127)',
  'revocation lists are not authenticated (dcap-qvl 207)',
  "the module's status is returned in place of converging",
  'any leaf under the root may sign TCB info',
  'the pin is skipped when the attester sends its chain (go-sev-guest 185)',
  'a stale revocation list is accepted (go-sev-guest 191)',
  'debug is checked for one version of quote only',
  "the quote's own key is trusted (trustee 1375)",
  'event data is validated on a list that is not replayed (dstack 1294)',
  'the report of the quoting enclave is compared in 32 of 64 bytes',
] as const
export type KnownBypass = (typeof knownBypasses)[number]

/** Evidence that is perfect but for one thing, and what must come of it. */
export interface TdxFault extends Omit<TdxSituation, 'now'> {
  readonly when: string
  readonly check: TdxCheckName
  readonly reason: AttestationReason
  readonly bypass?: KnownBypass
}

/** What a list of faults has in common, said once. */
export function faultsOf(
  common: Pick<TdxFault, 'check' | 'reason'>,
  faults: readonly (Omit<TdxFault, 'check' | 'reason'> & Partial<Pick<TdxFault, 'reason'>>)[],
): readonly TdxFault[] {
  return faults.map((fault) => ({ ...common, ...fault }))
}

export const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** every kind of quote; what is checked of one must be checked of all */
export const quoteKinds = [
  { version: 4, body: '1.0' },
  { version: 5, body: '1.0' },
  { version: 5, body: '1.5' },
] as const

/** as Intel writes times */
export function textShiftedBy(hours: number): string {
  return shiftedBy(hours).toISOString().replace('.000Z', 'Z')
}

export function signedByStranger<T extends { readonly signedBy: unknown }>(content: T): T {
  return { ...content, signedBy: { key: stranger.privateKey } }
}

export function expired(content: CertificateContent): CertificateContent {
  return { ...content, notBefore: shiftedBy(-24), notAfter: shiftedBy(-1) }
}

export function notYetValid(content: CertificateContent): CertificateContent {
  return { ...content, notBefore: shiftedBy(24) }
}

export function without<T extends object>(key: keyof T) {
  return (value: T): Partial<T> => {
    const { [key]: _, ...rest } = value
    return rest as Partial<T>
  }
}
