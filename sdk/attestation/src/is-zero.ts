/** Whether bytes that have to be zero are: what a format reserves, pads with or leaves out. True of no bytes at all. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
