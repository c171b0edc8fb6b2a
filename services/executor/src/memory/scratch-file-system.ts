import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@reinraum/kit'
import type { FileSystem } from './run-memory.ts'

/** The file system that a folder lies in. */
export function fileSystemOf(directory: string): FileSystem & { size(): Promise<number> } {
  return {
    async size() {
      const { blocks, bsize } = await statfs(directory)
      return blocks * bsize
    },
    async free() {
      const { bavail, bsize } = await statfs(directory)
      return bavail * bsize
    },
    used,
  }
}

/** Holes take nothing. What goes away meanwhile counts no more. */
async function used(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const sizes = entries.map(async (entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? used(path) : entry.isFile() ? (await stat(path)).blocks * 512 : 0
    })
    return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}
