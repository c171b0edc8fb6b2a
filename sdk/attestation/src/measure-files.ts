import { concatBytes, ReinraumError, sha384, toHex, utf8 } from '@reinraum/crypto'

const domain = 'reinraum/measure-files/v1'

/**
 * The simulated launch measurement: SHA-384 over the sorted list of (path, SHA-384 of content), so that changed, added,
 * removed or renamed code gives another value. Paths are relative and use `/`, so that the value does not depend on where
 * the code lies.
 *
 * @returns 96 hex digits
 * @throws ReinraumError `invalid-argument` for a path that is absolute, not normalised, or there twice
 */
export function measureFiles(files: Iterable<{ readonly path: string; readonly bytes: Uint8Array }>): string {
  const entries = new Map<string, Uint8Array>()
  for (const { path, bytes } of files) {
    if (!isRelativePath(path)) throw new ReinraumError('invalid-argument', 'a measured path must be relative and normalised')
    if (entries.has(path)) throw new ReinraumError('invalid-argument', 'a measured path is there twice')
    entries.set(path, sha384(bytes))
  }
  const sorted = [...entries].map(([path, digest]) => ({ path: utf8(path), digest }))
  sorted.sort((a, b) => Buffer.compare(a.path, b.path))
  // Lengths in front, so that no two lists share an encoding.
  const parts = sorted.flatMap(({ path, digest }) => [lengthOf(path), path, digest])
  return toHex(sha384(concatBytes(utf8(domain), ...parts)))
}

function isRelativePath(path: string): boolean {
  const segments = path.split('/')
  return path.isWellFormed() && !/[\\\0]/.test(path) && segments.every((s) => s !== '' && s !== '.' && s !== '..')
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return length
}
