import { fromBase64url, fromHex } from '@reinraum/crypto'
import type { VtpmEvidence } from '../evidence.ts'
import { readVector } from './vectors.ts'

type Quote = Omit<VtpmEvidence, 'hclReport'>
type Written = string | readonly number[]

interface WrittenQuote {
  readonly message: Written
  readonly signature: Written
  readonly pcrs: readonly Written[]
}

function readJson<T>(path: string): T {
  return JSON.parse(Buffer.from(readVector(`azure/${path}`)).toString('utf8'))
}

/** The collectors write bytes as hex or as numbers, from one version to the next. */
function bytesOf(written: Written): Uint8Array {
  return typeof written === 'string' ? fromHex(written) : Uint8Array.from(written)
}

function quoteOf({ message, signature, pcrs }: WrittenQuote): Quote {
  return { message: bytesOf(message), signature: bytesOf(signature), pcrs: pcrs.map(bytesOf) }
}

/** A file that is a quote and nothing else. */
export function readQuoteJson(path: string): Quote {
  return quoteOf(readJson<WrittenQuote>(path))
}

/** Three fields, each behind its length in 64 bits; of the registers it is their number. */
export function readQuoteBin(path: string): Quote {
  const bytes = readVector(`azure/${path}`)
  const view = new DataView(bytes.buffer)
  const signature = bytes.slice(8, 8 + Number(view.getBigUint64(0, true)))
  const at = 8 + signature.length
  const message = bytes.slice(at + 8, at + 8 + Number(view.getBigUint64(at, true)))
  const registers = at + 8 + message.length
  const count = Number(view.getBigUint64(registers, true))
  const pcrs = Array.from({ length: count }, (_, index) => bytes.slice(registers + 8 + index * 32, registers + 40 + index * 32))
  return { message, signature, pcrs }
}

export interface CollectedEvidence {
  readonly vtpm: VtpmEvidence
  /** DER, SNP only */
  readonly vcek: Uint8Array
  /** TDX only */
  readonly quote: Uint8Array
}

/** What an attester on a guest collected. */
export function readCollected(path: string): CollectedEvidence {
  const written = readJson<{
    readonly quote?: WrittenQuote
    readonly tpm_quote?: WrittenQuote
    readonly report?: Written
    readonly hcl_report?: Written
    readonly vcek?: string
    readonly td_quote?: Written
  }>(path)
  const quote = written.quote ?? written.tpm_quote
  const hclReport = written.report ?? written.hcl_report
  if (quote === undefined || hclReport === undefined) throw new Error(`${path} is no evidence`)
  return {
    vtpm: { hclReport: base64urlOr(hclReport), ...quoteOf(quote) },
    vcek: derOf(written.vcek ?? ''),
    quote: base64urlOr(written.td_quote ?? []),
  }
}

function base64urlOr(written: Written): Uint8Array {
  return typeof written === 'string' ? fromBase64url(written.replace(/=+$/, '')) : Uint8Array.from(written)
}

/** PEM, or the DER of it in base64 */
function derOf(text: string): Uint8Array {
  const body = text.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '')
  return new Uint8Array(Buffer.from(body, text.includes('-----') ? 'base64' : 'base64url'))
}
