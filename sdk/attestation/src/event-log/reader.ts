/** Little-endian fields one after the other. Each is null where the bytes end before it does. */
export interface Reader {
  readonly u8: () => number | null
  readonly u16: () => number | null
  readonly u32: () => number | null
  /** a view, not a copy: a claimed length costs nothing before it is known to be there */
  readonly take: (length: number) => Uint8Array | null
  readonly rest: () => Uint8Array
}

export function createReader(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  const field = <Value>(length: number, read: (at: number) => Value): Value | null => {
    if (length > bytes.length - offset) return null
    const value = read(offset)
    offset += length
    return value
  }
  return {
    u8: () => field(1, (at) => view.getUint8(at)),
    u16: () => field(2, (at) => view.getUint16(at, true)),
    u32: () => field(4, (at) => view.getUint32(at, true)),
    take: (length) => field(length, (at) => bytes.subarray(at, at + length)),
    rest: () => bytes.subarray(offset),
  }
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** One character for each two bytes, little endian; an odd one at the end is left out. */
export function utf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf16le')
}
