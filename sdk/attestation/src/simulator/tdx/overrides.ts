import type { KeyObject } from 'node:crypto'
import type { Endorsements, Evidence } from '../../evidence.ts'
import type { CertificateContent, RevocationListContent } from '../certificates.ts'
import type { QeIdentity, TcbInfo, TdxCollateral } from './collateral.ts'
import type { PckExtensionContent } from './pck-extension.ts'
import type { EnclaveReportFields, QuoteHeaderFields, TdBodyFields } from './quote.ts'
import type { TdxKeys } from './templates.ts'

type ChangeCertificate = (content: CertificateContent) => CertificateContent
type ChangeRevocationList = (content: RevocationListContent) => RevocationListContent
type ChooseKey = (keys: TdxKeys) => KeyObject

/** Each makes one kind of faulty evidence; what is signed is signed again after the change. */
export interface SimulatedTdxOverrides {
  readonly header?: Partial<QuoteHeaderFields>
  readonly body?: Partial<TdBodyFields>
  /** version 5: what stands between header and body */
  readonly bodyDescriptor?: { readonly type?: number; readonly size?: number }
  readonly enclaveReport?: Partial<EnclaveReportFields>
  readonly authData?: Uint8Array
  /** header and body, raw, before the attestation key signs them */
  readonly beforeSigning?: (signed: Uint8Array) => void
  /** the quoting enclave's report, raw, before the PCK signs it */
  readonly enclaveReportBeforeSigning?: (report: Uint8Array) => void
  /** the whole quote, after everything was signed */
  readonly afterSigning?: (quote: Uint8Array) => Uint8Array
  /** whose public key stands in the quote and in the enclave's report */
  readonly attestationKey?: ChooseKey
  /** X and Y that stand in both places, where they are those of no key */
  readonly attestationKeyPoint?: Uint8Array
  readonly quoteSigner?: ChooseKey
  readonly enclaveReportSigner?: ChooseKey

  readonly root?: ChangeCertificate
  readonly platformCa?: ChangeCertificate
  readonly pck?: ChangeCertificate
  readonly pckExtension?: (content: PckExtensionContent) => PckExtensionContent
  /** the certificate that signs TCB info and QE identity; the next two change it for one of them only */
  readonly tcbSigning?: ChangeCertificate
  readonly tcbInfoSigning?: ChangeCertificate
  readonly qeIdentitySigning?: ChangeCertificate
  /** DER of the chain inside the quote: PCK, platform CA, root */
  readonly quoteChain?: (certificates: readonly Uint8Array[]) => readonly Uint8Array[]
  /** the same as the bytes that stand in the quote */
  readonly quoteChainPem?: (pem: Uint8Array) => Uint8Array
  /** the authority that the collateral names beside its list; the one in the quote is not changed */
  readonly pckCrlIssuer?: ChangeCertificate
  readonly rootCrl?: ChangeRevocationList
  readonly pckCrl?: ChangeRevocationList

  readonly tcbInfo?: (info: TcbInfo) => unknown
  readonly tcbInfoSigner?: ChooseKey
  readonly qeIdentity?: (identity: QeIdentity) => unknown
  readonly qeIdentitySigner?: ChooseKey
  /** the text of the document, before and after it is signed */
  readonly tcbInfoText?: (text: string) => string
  readonly tcbInfoTextAfterSigning?: (text: string) => string
  readonly qeIdentityText?: (text: string) => string
  readonly qeIdentityTextAfterSigning?: (text: string) => string
  /** the nine fields, after everything was signed; `quoteChain` is the chain of the quote in PEM */
  readonly collateral?: (collateral: TdxCollateral, quoteChain: string) => unknown
  readonly collateralBytes?: (bytes: Uint8Array) => Uint8Array

  readonly eventLog?: (log: Uint8Array) => Uint8Array
  readonly evidence?: (evidence: TdxEvidence) => Evidence
  readonly endorsements?: (endorsements: Endorsements) => Endorsements
}

export type TdxEvidence = Extract<Evidence, { tee: 'tdx' }>
