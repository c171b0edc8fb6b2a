import { sha256 as nobleSha256, sha384 as nobleSha384, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { toHex } from './hex.ts'
import { nodeCrypto } from './node-crypto.ts'

/** A digest that is fed piece by piece; `digest` ends it. */
export interface Hash {
  update(bytes: Uint8Array): void
  digest(): Uint8Array<ArrayBuffer>
}

/** SHA-256 of a byte string, 32 bytes (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nodeCrypto === undefined ? nobleSha256(bytes) : nodeDigest('sha256', bytes)
}

/** SHA-384 of a byte string, 48 bytes (FIPS 180-4). */
export function sha384(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nodeCrypto === undefined ? nobleSha384(bytes) : nodeDigest('sha384', bytes)
}

/** SHA-512 of a byte string, 64 bytes (FIPS 180-4). */
export function sha512(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nodeCrypto === undefined ? nobleSha512(bytes) : nodeDigest('sha512', bytes)
}

/** SHA-256 over a stream. */
export function createSha256(): Hash {
  if (nodeCrypto === undefined) {
    const hash = nobleSha256.create()
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() }
  }
  const hash = nodeCrypto.createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) }
}

/** `sha256:` and the digest in lower-case hexadecimal: the form of every id of a statement and of an object. */
export type DigestId = `sha256:${string}`

/** The id of a byte string. */
export function digestId(bytes: Uint8Array): DigestId {
  return `sha256:${toHex(sha256(bytes))}`
}

function nodeDigest(algorithm: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // Copied out of the Buffer: it is a view into a pool that other parts of the process share.
  return new Uint8Array((nodeCrypto as NonNullable<typeof nodeCrypto>).hash(algorithm, bytes, 'buffer'))
}
