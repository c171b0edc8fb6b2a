import { toHex } from '@reinraum/crypto'
import { isZero } from '../is-zero.ts'
import { enclaveReportOffsets } from '../tdx/layout.ts'
import { type PckExtension, pckExtensionOid, readPckExtension } from '../tdx/pck-extension.ts'
import type { EnclaveReport, QuoteHeader, TdReport, TdxQuote } from '../tdx/quote.ts'
import { readPckChain } from '../tdx/subject.ts'
import type { ParsedCertificate } from '../x509/certificate.ts'
import { type BitsDescription, describeTdAttributes, describeXfam } from './tdx-bits.ts'

export interface CertificateDescription {
  readonly subject: string | null
  readonly issuer: string | null
  /** hex */
  readonly serial: string
  readonly sha256: string
  /** ISO 8601 */
  readonly notBefore: string
  readonly notAfter: string
  /** what Intel certifies about the platform; null in a certificate of an authority */
  readonly pck: PckExtension | null
}

/** Everything in a quote, as JSON: bytes in hex. Nothing of it is verified. */
export interface TdxDescription {
  readonly header: QuoteHeader
  /** null where the header names a layout that is not read here */
  readonly quote: {
    readonly body: BodyDescription
    readonly signature: string
    readonly attestationKey: string
    readonly quotingEnclave: {
      readonly miscSelect: string
      readonly attributes: string
      readonly mrEnclave: string
      readonly mrSigner: string
      readonly isvProdId: number
      readonly isvSvn: number
      readonly reportData: string
      readonly signature: string
      readonly authData: string
    }
    /** leaf first, as appraisal reads them; null where it cannot */
    readonly certificates: readonly CertificateDescription[] | null
    /** how many bytes follow the quote, and whether all of them are zero */
    readonly trailing: { readonly length: number; readonly zero: boolean }
  } | null
}

export interface BodyDescription {
  /** TD 1.0 or 1.5 */
  readonly kind: TdReport['kind']
  readonly teeTcbSvn: string
  readonly mrSeam: string
  readonly mrSignerSeam: string
  readonly seamAttributes: string
  readonly tdAttributes: BitsDescription
  readonly xfam: BitsDescription
  readonly mrtd: string
  readonly mrConfigId: string
  readonly mrOwner: string
  readonly mrOwnerConfig: string
  readonly rtmr: readonly string[]
  readonly reportData: string
  /** TD 1.5 only */
  readonly teeTcbSvn2: string | null
  readonly mrServiceTd: string | null
}

/** @param quote null where the header names a layout that is not read here */
export function describeTdx(header: QuoteHeader, quote: TdxQuote | null): TdxDescription {
  if (quote === null) return { header, quote: null }
  return {
    header,
    quote: {
      body: describeBody(quote.body),
      signature: toHex(quote.signature),
      attestationKey: toHex(quote.attestationKey),
      quotingEnclave: {
        ...describeEnclave(quote.qeReport),
        signature: toHex(quote.qeReportSignature),
        authData: toHex(quote.qeAuthData),
      },
      certificates: readPckChain(quote.pckChain)?.map(describeCertificate) ?? null,
      trailing: { length: quote.trailing.length, zero: isZero(quote.trailing) },
    },
  }
}

function describeBody(body: TdReport): BodyDescription {
  return {
    kind: body.kind,
    teeTcbSvn: toHex(body.teeTcbSvn),
    mrSeam: toHex(body.mrSeam),
    mrSignerSeam: toHex(body.mrSignerSeam),
    seamAttributes: toHex(body.seamAttributes),
    tdAttributes: describeTdAttributes(body.tdAttributes),
    xfam: describeXfam(body.xfam),
    mrtd: toHex(body.mrtd),
    mrConfigId: toHex(body.mrConfigId),
    mrOwner: toHex(body.mrOwner),
    mrOwnerConfig: toHex(body.mrOwnerConfig),
    rtmr: body.rtmr.map(toHex),
    reportData: toHex(body.reportData),
    teeTcbSvn2: body.teeTcbSvn2 === null ? null : toHex(body.teeTcbSvn2),
    mrServiceTd: body.mrServiceTd === null ? null : toHex(body.mrServiceTd),
  }
}

function describeEnclave(report: EnclaveReport) {
  return {
    miscSelect: toHex(report.miscSelect),
    attributes: toHex(report.attributes),
    mrEnclave: toHex(report.bytes.subarray(enclaveReportOffsets.mrEnclave, enclaveReportOffsets.mrEnclave + 32)),
    mrSigner: toHex(report.mrSigner),
    isvProdId: report.isvProdId,
    isvSvn: report.isvSvn,
    reportData: toHex(report.reportData),
  }
}

function describeCertificate(certificate: ParsedCertificate): CertificateDescription {
  const extension = certificate.extensions.get(pckExtensionOid)
  return {
    subject: certificate.subject.commonName,
    issuer: certificate.issuer.commonName,
    serial: certificate.serial,
    sha256: certificate.sha256,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    pck: extension === undefined ? null : readPckExtension(extension),
  }
}
