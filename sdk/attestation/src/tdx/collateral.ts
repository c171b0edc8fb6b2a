import { fromHex, parseStrictJson, utf8 } from '@reinraum/crypto'
import { z } from 'zod'
import { byDigest } from '../cache/by-digest.ts'
import { type ParsedCertificate, parseCertificate } from '../x509/certificate.ts'
import { readBase64, readPem } from '../x509/pem.ts'
import { maxListLength, type ParsedRevocationList, parseRevocationList } from '../x509/revocation-list.ts'
import { signatureLength } from './layout.ts'
import { parseQeIdentity, type QeIdentity } from './qe-identity.ts'
import { parseTcbInfo, type TcbInfo } from './tcb-info.ts'

/** bytes of the JSON; what Intel publishes today is 16 KiB, and reading each KiB costs up to 0.1 ms */
export const maxCollateralLength = 128 * 1024
/** characters of PEM; the longest chain is 3678 */
const maxChainLength = 8 * 1024
/** more than any place in a chain needs, so that one too many is seen as such */
const maxChain = 8

const signature = z.string().regex(new RegExp(`^[0-9a-f]{${signatureLength * 2}}$`))

/**
 * What Intel's provisioning service says of a platform, as its libraries pass it on. `tcb_info` and `qe_identity` are the
 * JSON texts whose bytes are signed; signatures are r ‖ s in lower-case hex; chains are PEM, the signer first; a revocation list is
 * DER in lower-case hex or in base64, or PEM, and empty where there is none.
 */
export const tdxCollateralSchema = z.object({
  pck_crl_issuer_chain: z.string(),
  root_ca_crl: z.string(),
  pck_crl: z.string(),
  tcb_info_issuer_chain: z.string(),
  tcb_info: z.string(),
  tcb_info_signature: signature,
  qe_identity_issuer_chain: z.string(),
  qe_identity: z.string(),
  qe_identity_signature: signature,
})
export type TdxCollateral = z.infer<typeof tdxCollateralSchema>

/** `missing`: the field is empty; `malformed`: it is no list */
export type CollateralList = ParsedRevocationList | 'missing' | 'malformed'

/** A JSON text of Intel's, with the bytes that are signed. */
export interface SignedJson<T> {
  readonly signed: Uint8Array
  /** r ‖ s */
  readonly signature: Uint8Array
  /** null where the text is not what it should be */
  readonly value: T | null
}

/** Read, and not yet believed. A function of the bytes alone. */
export interface ParsedCollateral {
  /** null where one of its certificates cannot be read, or there are too many */
  readonly pckCrlIssuerChain: readonly ParsedCertificate[] | null
  readonly tcbInfoIssuerChain: readonly ParsedCertificate[] | null
  readonly qeIdentityIssuerChain: readonly ParsedCertificate[] | null
  readonly rootCrl: CollateralList
  readonly pckCrl: CollateralList
  readonly tcbInfo: SignedJson<TcbInfo>
  readonly qeIdentity: SignedJson<QeIdentity>
}

/** @returns null for anything that is not the JSON object of the nine fields */
export const parseCollateral = byDigest(readCollateral, { each: maxCollateralLength, all: 4 * 1024 * 1024 })

function readCollateral(json: Uint8Array): ParsedCollateral {
  const data = tdxCollateralSchema.parse(parseStrictJson(json, { maxBytes: maxCollateralLength }))
  return {
    pckCrlIssuerChain: parseChain(data.pck_crl_issuer_chain),
    tcbInfoIssuerChain: parseChain(data.tcb_info_issuer_chain),
    qeIdentityIssuerChain: parseChain(data.qe_identity_issuer_chain),
    rootCrl: parseList(data.root_ca_crl),
    pckCrl: parseList(data.pck_crl),
    tcbInfo: signedJson(data.tcb_info, data.tcb_info_signature, parseTcbInfo),
    qeIdentity: signedJson(data.qe_identity, data.qe_identity_signature, parseQeIdentity),
  }
}

/** The certificates of a PEM text, in order; the same one twice is one. */
export function parseChain(pem: string): readonly ParsedCertificate[] | null {
  const chain = new Map<string, ParsedCertificate>()
  const blocks = pem.length > maxChainLength ? null : readPem(pem, 'CERTIFICATE', maxChain)
  for (const der of blocks ?? []) {
    const certificate = parseCertificate(der)
    if (certificate === null) return null
    chain.set(certificate.sha256, certificate)
  }
  return blocks === null ? null : [...chain.values()]
}

function parseList(text: string): CollateralList {
  if (text === '') return 'missing'
  const der = readListBytes(text)
  return der === null ? 'malformed' : (parseRevocationList(der) ?? 'malformed')
}

function readListBytes(text: string): Uint8Array | null {
  if (text.length > maxListLength * 2) return null
  // DER begins with 0x30, which is `30` in hex and `M` in base64: the three forms never meet.
  if (text.startsWith('-----BEGIN ')) return readPem(text, 'X509 CRL', 1)?.[0] ?? null
  return /^(?:[0-9a-f]{2})+$/.test(text) ? fromHex(text) : readBase64(text)
}

function signedJson<T>(text: string, signatureHex: string, parse: (json: Uint8Array) => T | null): SignedJson<T> {
  const signed = utf8(text)
  return { signed, signature: fromHex(signatureHex), value: parse(signed) }
}
