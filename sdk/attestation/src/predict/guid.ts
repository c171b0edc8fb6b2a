import { concatBytes, fromHex, toHex } from '@reinraum/crypto'

/** As firmware stores a GUID: the first three fields are little-endian (UEFI, appendix A). */
export function guidBytes(text: string): Uint8Array {
  const [a = '', b = '', c = '', ...rest] = text.split('-')
  return concatBytes(...[a, b, c].map((field) => fromHex(field).reverse()), fromHex(rest.join('')))
}

/** As people write the GUID in 16 bytes. */
export function guidText(bytes: Uint8Array): string {
  const part = (from: number, to: number) => toHex(bytes.subarray(from, to))
  // Not `slice` and `reverse`: of a Buffer, a slice is the same memory.
  const turned = (from: number, to: number) => toHex(bytes.subarray(from, to).toReversed())
  return [turned(0, 4), turned(4, 6), turned(6, 8), part(8, 10), part(10, 16)].join('-')
}
