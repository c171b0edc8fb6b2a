import { createHash, type Hash } from 'node:crypto'

/** SHA-256 of parts, kept up while they are appended to. What is not known here is read again. */
export interface PartHashes {
  /** These bytes are now in the part at this offset, which is its end. */
  appended(partId: string, offset: number, bytes: Uint8Array): void
  /** The part is changed in another way, or is no more. */
  forget(partId: string): void
  /** Hexadecimal SHA-256 of the first `length` bytes, if those are what was appended since the part's beginning. */
  digest(partId: string, length: number): string | undefined
}

export function createPartHashes(): PartHashes {
  const known = new Map<string, { readonly hash: Hash; length: number }>()
  return {
    appended(partId, offset, bytes) {
      if (offset === 0) known.set(partId, { hash: createHash('sha256'), length: 0 })
      const part = known.get(partId)
      if (part === undefined) return
      if (part.length !== offset) return void known.delete(partId)
      part.hash.update(bytes)
      part.length += bytes.length
    },
    forget: (partId) => void known.delete(partId),
    digest(partId, length) {
      const part = known.get(partId)
      return part?.length === length ? part.hash.copy().digest('hex') : undefined
    },
  }
}
