import { concatBytes, fromHex, sha256, utf8 } from '@reinraum/crypto'
import type { Attester } from '../../evidence.ts'
import { ecdsaP256KeyType, intelQeVendorId, tdxTeeType } from '../../tdx/layout.ts'
import { quotingEnclaveSigner } from './documents.ts'
import { endorse } from './endorse.ts'
import { encodeEventLog, replayEvents, type SimulatedEvent } from './event-log.ts'
import type { SimulatedTdxOverrides, TdxEvidence } from './overrides.ts'
import type { SimulatedTdxPlatform } from './platform.ts'
import {
  type EnclaveReportFields,
  encodeEnclaveReport,
  encodeQuote,
  encodeSignedPart,
  type QuoteHeaderFields,
  rawPublicKey,
  signRaw,
  type TdBodyFields,
} from './quote.ts'
import type { TdxKeys } from './templates.ts'

/** as in Intel's own quotes: 00, 01 and so on up to 1f */
const ownAuthData = Uint8Array.from({ length: 32 }, (_, index) => index)

export interface SimulatedTdxGuest {
  /** SHA-384 in hex of what the TD was built from; likewise below */
  readonly mrtd: string
  /** RTMR0 to RTMR3; zeros by default */
  readonly rtmrs?: readonly [string, string, string, string]
  /** what the RTMRs were extended with, in place of `rtmrs`: the evidence carries the log too */
  readonly events?: readonly SimulatedEvent[]
  readonly mrConfigId?: string
  /** 4 by default; a version 4 quote has the body of TD 1.0 */
  readonly version?: 4 | 5
  /** 1.5 by default in version 5 */
  readonly body?: '1.0' | '1.5'
  readonly overrides?: SimulatedTdxOverrides
}

/**
 * An attester on a simulated platform. Its quotes have the real format and real signatures, and the collateral comes with
 * them; they prove nothing about any hardware, and every appraisal of them says `hardware: false`.
 */
export function simulatedTdxAttester(platform: SimulatedTdxPlatform, guest: SimulatedTdxGuest): Attester {
  const { overrides = {}, events, version = 4 } = guest
  const { keys, quoteChain, collateral } = endorse(platform, overrides)
  const body = bodyOf(platform, guest)
  const text = JSON.stringify(overrides.collateral === undefined ? collateral : overrides.collateral(collateral, quoteChain))
  const bytes = utf8(text)
  const endorsements = { certificates: [], crls: [], collateral: overrides.collateralBytes?.(bytes) ?? bytes }
  const log = events === undefined ? undefined : encodeEventLog(events)
  const eventLog = log && (overrides.eventLog?.(log) ?? log)
  return {
    async getEvidence(reportData) {
      const header: QuoteHeaderFields = { ...headerOf(version), ...overrides.header }
      const kind = version === 5 && guest.body !== '1.0' ? 'td15' : 'td10'
      const fields: TdBodyFields = { ...body, reportData, ...overrides.body }
      const signed = encodeSignedPart(header, fields, kind, overrides.bodyDescriptor)
      overrides.beforeSigning?.(signed)
      const quote = encodeQuote({
        signed,
        signature: signRaw(signed, overrides.quoteSigner?.(keys) ?? keys.attestation),
        ...certifiedKey(platform, keys, overrides),
        // Intel's generator leaves the zero that ends a string in C.
        certificates: (overrides.quoteChainPem ?? identity)(concatBytes(utf8(quoteChain), Uint8Array.of(0))),
      })
      const evidence: TdxEvidence = {
        tee: 'tdx',
        quote: overrides.afterSigning?.(quote) ?? quote,
        ...(eventLog === undefined ? {} : { eventLog }),
      }
      return {
        evidence: overrides.evidence?.(evidence) ?? evidence,
        endorsements: overrides.endorsements?.(endorsements) ?? endorsements,
      }
    },
  }
}

/** The attestation key, and the quoting enclave's report that vouches for it. */
function certifiedKey(platform: SimulatedTdxPlatform, keys: TdxKeys, overrides: SimulatedTdxOverrides) {
  const attestationKey = overrides.attestationKeyPoint ?? rawPublicKey(overrides.attestationKey?.(keys) ?? keys.attestation)
  const authData = overrides.authData ?? ownAuthData
  const fields: EnclaveReportFields = {
    cpuSvn: Uint8Array.from(platform.tcb.sgxComponents),
    miscSelect: 0,
    // INIT, MODE64BIT, PROVISION_KEY; XFRM
    attributes: fromHex('1500000000000000e700000000000000'),
    mrEnclave: new Uint8Array(32).fill(0x52),
    mrSigner: fromHex(quotingEnclaveSigner),
    isvProdId: 2,
    isvSvn: platform.tcb.quotingEnclaveSvn,
    reportData: concatBytes(sha256(concatBytes(attestationKey, authData)), new Uint8Array(32)),
    ...overrides.enclaveReport,
  }
  const enclaveReport = encodeEnclaveReport(fields)
  overrides.enclaveReportBeforeSigning?.(enclaveReport)
  const signer = overrides.enclaveReportSigner?.(keys) ?? keys.pck
  return { attestationKey, authData, enclaveReport, enclaveReportSignature: signRaw(enclaveReport, signer) }
}

function headerOf(version: number): QuoteHeaderFields {
  return {
    version,
    keyType: ecdsaP256KeyType,
    teeType: tdxTeeType,
    qeVendorId: fromHex(intelQeVendorId),
    userData: new Uint8Array(20),
  }
}

function bodyOf(platform: SimulatedTdxPlatform, guest: SimulatedTdxGuest): Omit<TdBodyFields, 'reportData'> {
  const none = new Uint8Array(48)
  const [rtmr0 = none, rtmr1 = none, rtmr2 = none, rtmr3 = none] =
    guest.events === undefined ? (guest.rtmrs ?? []).map(fromHex) : replayEvents(guest.events)
  return {
    teeTcbSvn: Uint8Array.from(platform.tcb.tdxComponents),
    mrSeam: new Uint8Array(48).fill(0x53),
    mrSignerSeam: none,
    seamAttributes: 0n,
    // SEPT_VE_DISABLE
    tdAttributes: 1n << 28n,
    xfam: 0x6_02e7n,
    mrtd: fromHex(guest.mrtd),
    mrConfigId: guest.mrConfigId === undefined ? none : fromHex(guest.mrConfigId),
    mrOwner: none,
    mrOwnerConfig: none,
    rtmr0,
    rtmr1,
    rtmr2,
    rtmr3,
    teeTcbSvn2: Uint8Array.from(platform.tcb.tdxComponents),
    mrServiceTd: none,
  }
}

function identity<T>(value: T): T {
  return value
}
