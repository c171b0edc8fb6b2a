import { type KeyObject, sign } from 'node:crypto'
import { toHex } from '@reinraum/crypto'

/** Intel's TCB info, version 3, as in the response of its provisioning certification service. */
export interface TcbInfo {
  readonly id: string
  readonly version: number
  readonly issueDate: string
  readonly nextUpdate: string
  readonly fmspc: string
  readonly pceId: string
  readonly tcbType: number
  readonly tcbEvaluationDataNumber: number
  readonly tdxModule: ModuleIdentity
  readonly tdxModuleIdentities: readonly (ModuleIdentity & { readonly id: string; readonly tcbLevels: readonly EnclaveLevel[] })[]
  readonly tcbLevels: readonly PlatformLevel[]
}

export interface ModuleIdentity {
  readonly mrsigner: string
  readonly attributes: string
  readonly attributesMask: string
}

export interface LevelVerdict {
  readonly tcbDate: string
  readonly tcbStatus: string
  readonly advisoryIDs?: readonly string[]
}

export interface EnclaveLevel extends LevelVerdict {
  readonly tcb: { readonly isvsvn: number }
}

export interface PlatformLevel extends LevelVerdict {
  readonly tcb: {
    readonly sgxtcbcomponents: readonly TcbComponent[]
    readonly pcesvn: number
    readonly tdxtcbcomponents: readonly TcbComponent[]
  }
}

export interface TcbComponent {
  readonly svn: number
  readonly category?: string
  readonly type?: string
}

/** Intel's identity of the TD quoting enclave, version 2. */
export interface QeIdentity {
  readonly id: string
  readonly version: number
  readonly issueDate: string
  readonly nextUpdate: string
  readonly tcbEvaluationDataNumber: number
  readonly miscselect: string
  readonly miscselectMask: string
  readonly attributes: string
  readonly attributesMask: string
  readonly mrsigner: string
  readonly isvprodid: number
  readonly tcbLevels: readonly EnclaveLevel[]
}

/** The nine fields of a whole collateral: chains in PEM, lists and signatures in hex, documents as the text that is signed. */
export interface TdxCollateral {
  readonly pck_crl_issuer_chain: string
  readonly root_ca_crl: string
  readonly pck_crl: string
  readonly tcb_info_issuer_chain: string
  readonly tcb_info: string
  readonly tcb_info_signature: string
  readonly qe_identity_issuer_chain: string
  readonly qe_identity: string
  readonly qe_identity_signature: string
}

/** ECDSA P-256 over the text, R and S in hex. */
export function signDocument(text: string, key: KeyObject): string {
  return toHex(new Uint8Array(sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })))
}

/** RFC 7468, each certificate with its line end. */
export function encodePem(certificates: readonly Uint8Array[]): string {
  return certificates
    .map((certificate) => {
      const lines =
        Buffer.from(certificate)
          .toString('base64')
          .match(/.{1,64}/g) ?? []
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
    })
    .join('')
}
