import { bodyOffsets, headerLength } from '../../tdx/layout.ts'

/** RTMR0 to 3 of a version 4 quote, read from their places without any check. */
export function registersOfQuote(quote: Uint8Array): Uint8Array[] {
  const { rtmr0, rtmr1, rtmr2, rtmr3 } = bodyOffsets
  return [rtmr0, rtmr1, rtmr2, rtmr3].map((offset) => quote.slice(headerLength + offset, headerLength + offset + 48))
}
