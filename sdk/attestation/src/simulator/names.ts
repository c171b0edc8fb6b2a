import { Set as Asn1Set, ObjectIdentifier, PrintableString, type Sequence, Utf8String } from 'asn1js'
import { sequence } from './asn1.ts'

export type Vendor = 'amd' | 'intel'

const oids = { CN: '2.5.4.3', C: '2.5.4.6', L: '2.5.4.7', ST: '2.5.4.8', O: '2.5.4.10', OU: '2.5.4.11' } as const

/** The distinguished names of one vendor differ in the common name only; the order is the vendor's. */
export function distinguishedName(vendor: Vendor, commonName: string): Sequence {
  const attributes = (
    {
      amd: [
        ['OU', 'Engineering'],
        ['C', 'US'],
        ['L', 'Santa Clara'],
        ['ST', 'CA'],
        ['O', 'Advanced Micro Devices'],
        ['CN', commonName],
      ],
      intel: [
        ['CN', commonName],
        ['O', 'Intel Corporation'],
        ['L', 'Santa Clara'],
        ['ST', 'CA'],
        ['C', 'US'],
      ],
    } as const
  )[vendor]
  return sequence(
    ...attributes.map(([type, value]) => {
      // RFC 5280 appendix A.1: a country is a PrintableString.
      const text = type === 'C' ? new PrintableString({ value }) : new Utf8String({ value })
      return new Asn1Set({ value: [sequence(new ObjectIdentifier({ value: oids[type] }), text)] })
    }),
  )
}
