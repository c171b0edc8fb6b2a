import { toHex } from '@reinraum/crypto'
import type { TdxCollateral } from '../tdx/collateral.ts'
import { readVector } from './vectors.ts'

function readText(path: string): string {
  return Buffer.from(readVector(path)).toString('utf8')
}

/**
 * The signed text and its signature, out of an answer of Intel's service: `{"tcbInfo":…,"signature":"…"}`. The text is
 * cut out, because its bytes are what is signed.
 */
export function signedPart(answer: string, name: 'tcbInfo' | 'enclaveIdentity'): { text: string; signature: string } {
  const [, text, signature] = new RegExp(`^{"${name}":(.*),"signature":"([0-9a-f]{128})"}\\s*$`, 's').exec(answer) ?? []
  if (text === undefined || signature === undefined) throw new Error(`no ${name} with a signature`)
  return { text, signature }
}

const folder2026 = 'tdx/attestation-rs-collateral-2026'

/** What Intel published in spring 2026, put together as one object. */
export function collateral2026(tcbInfoPath = `${folder2026}/tcb_info_90c06f000000.json`): TdxCollateral {
  const tcbInfo = signedPart(readText(tcbInfoPath), 'tcbInfo')
  const qeIdentity = signedPart(readText(`${folder2026}/td_qe_identity.json`), 'enclaveIdentity')
  // No PCK chain of its own is among the files; every quote carries the same authority and root.
  const quote = Buffer.from(readVector('tdx/gotdx-v5/quote.bin')).toString('latin1')
  const [, ca = '', root = ''] = quote.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return {
    pck_crl_issuer_chain: `${ca}\n${root}\n`,
    root_ca_crl: toHex(readVector(`${folder2026}/root_ca_crl.der`)),
    pck_crl: toHex(readVector(`${folder2026}/pck_crl_platform.der`)),
    tcb_info_issuer_chain: readText(`${folder2026}/tcb_signing_chain.pem`),
    tcb_info: tcbInfo.text,
    tcb_info_signature: tcbInfo.signature,
    qe_identity_issuer_chain: readText(`${folder2026}/qe_identity_signing_chain.pem`),
    qe_identity: qeIdentity.text,
    qe_identity_signature: qeIdentity.signature,
  }
}

export function encodeCollateral(collateral: TdxCollateral): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(collateral))
}
