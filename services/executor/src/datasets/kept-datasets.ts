import { linkSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes, toHex } from '@reinraum/crypto'
import type { SparseContent } from './sparse-file.ts'

/** What keeps a decrypted file: the lease of the last run that was given its key. */
export interface KeepingLease {
  /** Aborted once it is lost. */
  readonly signal: AbortSignal
  /** Renews it until all who hold it have let go of it. @returns lets go */
  hold(): () => void
}

export interface KeptFile {
  readonly contractId: string
  readonly manifestId: string
  readonly content: SparseContent
}

/**
 * Decrypted columns between runs of a contract, in memory. Each run asks the key services for its keys whatever is kept; what is
 * spared is to fetch and decrypt again. A file is kept as long as the lease of the run that last read it is renewed, and until
 * nobody has wanted it for some time; the one that was not wanted for longest goes first where there is no room.
 *
 * Nothing here waits for anything: a name in memory changes in microseconds, and nothing else can happen meanwhile.
 */
export interface KeptDatasets {
  /** Moves what is kept of a dataset version to `path`: until it is kept again nobody else finds it. */
  take(manifestId: string, path: string): SparseContent | undefined
  /** Keeps a file that stays where it is too. Without room, or when the lease is lost, nothing happens. */
  keep(file: KeptFile, lease: KeepingLease): void
  /** Drops at once what is kept of a contract. */
  forget(contractId: string): void
  close(): void
}

export interface KeepingLimits {
  /** of memory, that all files take together; 0 keeps nothing */
  readonly bytes: number
  /** how long a file is kept that nobody wants */
  readonly idleMs: number
}

interface Entry extends KeptFile {
  readonly bytes: number
  drop(): void
}

/** @param directory private, in memory, and nobody else's */
export function keepDatasets(directory: string, limits: KeepingLimits): KeptDatasets {
  // in the order in which they were wanted last
  const entries = new Map<string, Entry>()
  const keptBytes = () => [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  const makeRoom = () => {
    for (const entry of entries.values()) {
      if (keptBytes() <= limits.bytes) return
      entry.drop()
    }
  }
  let closed = false
  return {
    take(manifestId, path) {
      const entry = entries.get(manifestId)
      if (entry === undefined) return undefined
      try {
        renameSync(entry.content.path, path)
        return { ...entry.content, path }
      } finally {
        entry.drop()
      }
    },
    keep({ content, ...of }, lease) {
      const bytes = statSync(content.path).blocks * 512
      if (closed || bytes > limits.bytes || lease.signal.aborted) return
      const path = join(directory, toHex(randomBytes(16)))
      linkSync(content.path, path)
      const letGo = lease.hold()
      const idle = setTimeout(() => entry.drop(), limits.idleMs)
      const entry: Entry = {
        ...of,
        content: { ...content, path },
        bytes,
        drop() {
          if (entries.get(of.manifestId) === entry) entries.delete(of.manifestId)
          clearTimeout(idle)
          lease.signal.removeEventListener('abort', entry.drop)
          // At once: whoever is told that it is gone can rely on it.
          unlinkIfThere(path)
          letGo()
        },
      }
      lease.signal.addEventListener('abort', entry.drop, { once: true })
      entries.get(of.manifestId)?.drop()
      entries.set(of.manifestId, entry)
      makeRoom()
    },
    forget(contractId) {
      for (const entry of entries.values()) if (entry.contractId === contractId) entry.drop()
    },
    close() {
      closed = true
      for (const entry of entries.values()) entry.drop()
    },
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
