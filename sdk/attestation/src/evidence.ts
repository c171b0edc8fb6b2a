import { digestId } from '@reinraum/crypto'
import type { FreshnessNumbers } from './freshness/floors.ts'

/** What an attester says about itself, as its hardware signed it (RFC 9334: evidence). */
export type Evidence =
  | { readonly tee: 'snp'; readonly report: Uint8Array; readonly vtpm?: VtpmEvidence }
  | {
      readonly tee: 'tdx'
      readonly quote: Uint8Array
      /** the confidential computing event log (CCEL), TCG format; what the RTMRs were extended with */
      readonly eventLog?: Uint8Array
      readonly vtpm?: VtpmEvidence
    }

/**
 * Where a paravisor stands between hardware and guest (Azure), the report binds the paravisor's TPM, and that TPM speaks for
 * the guest.
 */
export interface VtpmEvidence {
  /** the host compatibility layer's report: header, hardware report, runtime data */
  readonly hclReport: Uint8Array
  /** TPMS_ATTEST, signed by the attestation key that the runtime data names */
  readonly message: Uint8Array
  /** RSASSA PKCS #1 v1.5 with SHA-256 */
  readonly signature: Uint8Array
  /** SHA-256 bank, PCR 0 to 23 */
  readonly pcrs: readonly Uint8Array[]
}

/** What the vendor says about the hardware. None of it is trusted for being here. */
export interface Endorsements {
  /** DER, in any order; a TDX quote carries its own */
  readonly certificates: readonly Uint8Array[]
  /** DER, in any order */
  readonly crls: readonly Uint8Array[]
  /** TDX: the JSON object of Intel's collateral, UTF-8, see `tdxCollateralSchema` */
  readonly collateral?: Uint8Array
}

/** What the relying party brings along, beside its reference values. */
export interface Expected {
  /** 64 bytes that the evidence must be bound to, see `reportDataOf` */
  readonly reportData: Uint8Array
  /** the newest numbers that this relying party has seen, see `raiseFloors`; without them an older list passes while in force */
  readonly floors?: FreshnessNumbers
}

/** Where evidence comes from: a guest's kernel (`openConfigfsTsm`), or a simulated platform. */
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
