import { concatBytes, fromHex } from '@reinraum/crypto'

/** As AMD writes them (56421 §4.1.8.1). */
const tableGuids = {
  vcek: '63da758d-e664-4564-adc5-f4b93be8accd',
  vlek: 'a8074bc2-a25a-483e-aae6-39c045a0b8a1',
  ask: '4ab7b379-bbac-4fe4-a02f-05aef327c782',
  ark: 'c0b406a4-a803-4952-9743-3fb6014cd0ae',
  /** what a cloud says of the machine, beside certificates */
  other: 'ecae0c0f-9502-43b1-afa2-0ae2e0d565b6',
} as const

export interface TableEntry {
  readonly guid: keyof typeof tableGuids
  readonly bytes: Uint8Array
  /** what the header says instead of what is true */
  readonly offset?: number
  readonly length?: number
}

/** A certificate table as a host writes it: header, an entry of zeros, then the bytes one behind the other. */
export function encodeCertificateTable(entries: readonly TableEntry[]): Uint8Array {
  const header = new Uint8Array((entries.length + 1) * 24)
  const view = new DataView(header.buffer)
  let next = header.length
  for (const [index, { guid, bytes, offset = next, length = bytes.length }] of entries.entries()) {
    header.set(fromHex(tableGuids[guid].replaceAll('-', '')), index * 24)
    view.setUint32(index * 24 + 16, offset, true)
    view.setUint32(index * 24 + 20, length, true)
    next += bytes.length
  }
  return concatBytes(header, ...entries.map(({ bytes }) => bytes))
}
