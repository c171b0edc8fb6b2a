import { digestId } from '@reinraum/crypto'

/** What an attester says about itself, as its hardware signed it (RFC 9334: evidence). */
export type Evidence = { readonly tee: 'snp'; readonly report: Uint8Array } | { readonly tee: 'tdx'; readonly quote: Uint8Array }

/** What the vendor says about the hardware: certificates and revocation lists, DER, in any order. None is trusted for being here. */
export interface Endorsements {
  readonly certificates: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

/** Where evidence comes from: a simulated platform here, a guest's hardware elsewhere. */
export interface Attester {
  /** @param reportData 64 bytes that the evidence binds, see `reportDataOf` */
  getEvidence(reportData: Uint8Array): Promise<{ readonly evidence: Evidence; readonly endorsements: Endorsements }>
}

/**
 * Names a piece of evidence in a receipt. It is no replay protection: an ECDSA signature has a second valid form, so the
 * same report can appear under two ids.
 */
export function evidenceId(evidence: Evidence): string {
  return digestId(evidence.tee === 'snp' ? evidence.report : evidence.quote)
}
