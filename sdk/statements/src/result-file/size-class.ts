const smallest = 4096

/**
 * The length that content of this length is padded to: powers of two and the three quarter steps between each and the next
 * (4096, 5120, 6144, 7168, 8192, 10240, …). A length then tells about two bits and the magnitude, for at most a quarter more.
 */
export function sizeClassOf(length: number): number {
  if (length <= smallest) return smallest
  const step = 2 ** Math.floor(Math.log2(length - 1)) / 4
  return Math.ceil(length / step) * step
}
