import { fromUtf8 } from '@reinraum/crypto'
import { byDigest } from '../cache/by-digest.ts'
import type { Endorsements, Expected } from '../evidence.ts'
import type { ParsedCertificate } from '../x509/certificate.ts'
import { type ParsedCollateral, parseChain, parseCollateral } from './collateral.ts'
import { type PckExtension, pckExtensionOid, readPckExtension } from './pck-extension.ts'
import { maxQuoteLength, type QuoteHeader, type TdxQuote } from './quote.ts'
import type { TdxReferenceValues } from './reference-values.ts'
import { evaluateTcb, type TcbVerdict } from './tcb.ts'

/** Everything that the checks look at, read but not yet believed. */
export interface TdxSubject {
  readonly header: QuoteHeader
  readonly quote: TdxQuote
  readonly eventLog: Uint8Array | null
  readonly collateral: ParsedCollateral | 'missing' | 'malformed'
  /** the chain that the quote carries; null where one of its certificates cannot be read */
  readonly pckChain: readonly ParsedCertificate[] | null
  /** null where a place is empty or has more than one claimant, see `certificates` */
  readonly chain: TdxChain | null
  /** null where it cannot be evaluated, or a part of the platform meets none of Intel's levels */
  readonly tcb: TcbVerdict | null
  readonly reference: TdxReferenceValues
  readonly expected: Expected
  readonly now: Date
}

/** Every certificate in its place. Places are positions: the signer first, the root last (PCS API v4; DCAP, appendix 3). */
export interface TdxChain {
  readonly root: ParsedCertificate
  /** what the collateral's chains end in; all must be the one root */
  readonly otherRoots: readonly ParsedCertificate[]
  /** Platform or Processor CA */
  readonly ca: ParsedCertificate
  readonly pck: ParsedCertificate
  readonly pckExtension: PckExtension
  readonly tcbSigner: ParsedCertificate
  readonly qeSigner: ParsedCertificate
  /** who the collateral says signed the PCK's list; null where there is no list */
  readonly crlIssuer: ParsedCertificate | null
}

export function readSubject(
  { header, quote }: Pick<TdxSubject, 'header' | 'quote'>,
  eventLog: Uint8Array | undefined,
  endorsements: Endorsements,
  given: Pick<TdxSubject, 'reference' | 'expected' | 'now'>,
): TdxSubject {
  const { collateral: bytes } = endorsements
  const collateral = bytes === undefined ? 'missing' : (parseCollateral(bytes) ?? 'malformed')
  const pckChain = readPckChain(quote.pckChain)
  const chain = typeof collateral === 'string' || pckChain === null ? null : readChain(pckChain, collateral)
  const tcb = typeof collateral === 'string' || chain === null ? null : readTcb(quote, collateral, chain)
  return { ...given, header, quote, eventLog: eventLog ?? null, collateral, pckChain, chain, tcb }
}

/** PEM, which most quoting enclaves end with a zero byte. The same one returns with every quote of a platform. */
export const readPckChain = byDigest(
  (bytes) => {
    const chain = parseChain(fromUtf8(bytes.subarray(0, bytes.at(-1) === 0 ? -1 : bytes.length)))
    if (chain === null) throw new TypeError('a certificate that cannot be read')
    return chain
  },
  { each: maxQuoteLength, all: 1024 * 1024 },
)

function readChain(pckChain: readonly ParsedCertificate[], collateral: ParsedCollateral): TdxChain | null {
  const [pck, ca, root] = pckChain
  const [tcbSigner, tcbRoot] = collateral.tcbInfoIssuerChain ?? []
  const [qeSigner, qeRoot] = collateral.qeIdentityIssuerChain ?? []
  const [crlIssuer = null, crlRoot] = collateral.pckCrlIssuerChain ?? []
  if (pck === undefined || ca === undefined || root === undefined) return null
  if (tcbSigner === undefined || tcbRoot === undefined || qeSigner === undefined || qeRoot === undefined) return null
  const pckExtension = pckExtensionOf(pck)
  if (pckExtension === null) return null
  const otherRoots = [tcbRoot, qeRoot, ...(crlRoot === undefined ? [] : [crlRoot])]
  return { root, otherRoots, ca, pck, pckExtension, tcbSigner, qeSigner, crlIssuer }
}

/** As long as the certificate itself is remembered, so is what it says about its platform. */
const extensions = new WeakMap<ParsedCertificate, PckExtension | null>()

function pckExtensionOf(pck: ParsedCertificate): PckExtension | null {
  const known = extensions.get(pck)
  if (known !== undefined) return known
  const der = pck.extensions.get(pckExtensionOid)
  const read = der === undefined ? null : readPckExtension(der)
  extensions.set(pck, read)
  return read
}

function readTcb(quote: TdxQuote, collateral: ParsedCollateral, chain: TdxChain): TcbVerdict | null {
  const [tcbInfo, qeIdentity] = [collateral.tcbInfo.value, collateral.qeIdentity.value]
  if (tcbInfo === null || qeIdentity === null) return null
  const { teeTcbSvn, teeTcbSvn2 } = quote.body
  return evaluateTcb({ tcbInfo, qeIdentity, pck: chain.pckExtension, qeIsvSvn: quote.qeReport.isvSvn, teeTcbSvn, teeTcbSvn2 })
}
