import { fromBase64url, toHex } from '@reinraum/crypto'
import { type CertificateContent, encodeCertificate, encodeRevocationList } from '../certificates.ts'
import { encodePem, signDocument, type TdxCollateral } from './collateral.ts'
import type { SimulatedTdxOverrides } from './overrides.ts'
import { documentsOf, pckContentOf, type SimulatedTdxPlatform, tdxTemplatesOf } from './platform.ts'
import type { TdxKeys } from './templates.ts'

export interface SimulatedEndorsing {
  readonly keys: TdxKeys
  /** PEM of PCK, platform CA and root: what the quote carries */
  readonly quoteChain: string
  readonly collateral: TdxCollateral
}

/** Certificates, lists and documents of the platform: as they are kept, or made again where something is changed. */
export function endorse(platform: SimulatedTdxPlatform, overrides: SimulatedTdxOverrides): SimulatedEndorsing {
  const changed = overrides.pckExtension?.(pckContentOf(platform))
  const { keys, templates } = tdxTemplatesOf(platform, changed)
  const certificate = (role: keyof SimulatedTdxPlatform['certificates'], remake = false) => {
    const change = overrides[role]
    if (change === undefined && !remake) return fromBase64url(platform.certificates[role])
    return encodeCertificate(change?.(templates[role]) ?? templates[role])
  }
  const [root, platformCa] = [certificate('root'), certificate('platformCa')]
  const pck = certificate('pck', changed !== undefined)
  const signing = certificate('tcbSigning')
  const issuerChain = (kept: Uint8Array, content: CertificateContent, change: SimulatedTdxOverrides['tcbSigning']) =>
    encodePem([change === undefined ? kept : encodeCertificate(change(content)), root])
  const list = (role: 'root' | 'pck') => {
    const change = overrides[`${role}Crl`]
    return change === undefined ? fromBase64url(platform.crls[role]) : encodeRevocationList(change(templates[`${role}Crl`]))
  }
  const documents = signedDocuments(platform, keys, overrides)
  const quoteChain = encodePem(overrides.quoteChain?.([pck, platformCa, root]) ?? [pck, platformCa, root])
  return {
    keys,
    quoteChain,
    collateral: {
      pck_crl_issuer_chain: issuerChain(platformCa, templates.platformCa, overrides.pckCrlIssuer),
      root_ca_crl: toHex(list('root')),
      pck_crl: toHex(list('pck')),
      tcb_info_issuer_chain: issuerChain(signing, templates.tcbSigning, overrides.tcbInfoSigning),
      tcb_info: documents.tcbInfo.text,
      tcb_info_signature: documents.tcbInfo.signature,
      qe_identity_issuer_chain: issuerChain(signing, templates.tcbSigning, overrides.qeIdentitySigning),
      qe_identity: documents.qeIdentity.text,
      qe_identity_signature: documents.qeIdentity.signature,
    },
  }
}

function signedDocuments(platform: SimulatedTdxPlatform, keys: TdxKeys, overrides: SimulatedTdxOverrides) {
  const objects = documentsOf(platform)
  const signed = (name: 'tcbInfo' | 'qeIdentity', change: (() => unknown) | undefined) => {
    const [before, after] = [overrides[`${name}Text`], overrides[`${name}TextAfterSigning`]]
    const signer = overrides[`${name}Signer`]
    let { text, signature } = platform[name]
    if (change !== undefined) text = JSON.stringify(change())
    if (before !== undefined) text = before(text)
    if (change !== undefined || before !== undefined || signer !== undefined) {
      signature = signDocument(text, signer?.(keys) ?? keys.tcbSigning)
    }
    return { text: after?.(text) ?? text, signature }
  }
  const { tcbInfo, qeIdentity } = overrides
  return {
    tcbInfo: signed('tcbInfo', tcbInfo && (() => tcbInfo(objects.tcbInfo))),
    qeIdentity: signed('qeIdentity', qeIdentity && (() => qeIdentity(objects.qeIdentity))),
  }
}
