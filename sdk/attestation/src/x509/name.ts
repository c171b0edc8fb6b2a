import { sha256, toHex } from '@reinraum/crypto'
import type { RelativeDistinguishedNames } from 'pkijs'

const commonNameOid = '2.5.4.3'

export interface Name {
  /** null where there is none, or more than one */
  readonly commonName: string | null
  /** as encoded: names are compared byte for byte */
  readonly der: Uint8Array
  /** of the DER, hex */
  readonly sha256: string
}

export function readName(name: RelativeDistinguishedNames): Name {
  const found = name.typesAndValues.filter((attribute) => attribute.type === commonNameOid)
  const value: unknown = found.length === 1 ? found[0]?.value.valueBlock.value : undefined
  const der = new Uint8Array(name.valueBeforeDecode)
  return { commonName: typeof value === 'string' ? value : null, der, sha256: toHex(sha256(der)) }
}

export function sameName(a: Name, b: Name): boolean {
  return Buffer.compare(a.der, b.der) === 0
}
