import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@reinraum/kit'
import { pageBytesOf } from './page-bytes.ts'
import type { FileSystem } from './run-memory.ts'

/** The file system that a folder lies in. */
export async function fileSystemOf(directory: string): Promise<FileSystem & { size(): Promise<number> }> {
  return {
    pageBytes: await pageBytesOf(directory),
    async size() {
      const { blocks, bsize } = await statfs(directory)
      return blocks * bsize
    },
    async free() {
      const { bavail, bsize } = await statfs(directory)
      return bavail * bsize
    },
    used: folderBytes,
  }
}

/** What a folder's files take, in bytes. Holes take nothing. What goes away meanwhile counts no more. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await unlessGone(() => readdir(folder, { withFileTypes: true }), [])
  const sizes = entries.map((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return folderBytes(path)
    return entry.isFile() ? unlessGone(async () => (await stat(path)).blocks * 512, 0) : 0
  })
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0)
}

async function unlessGone<T>(look: () => Promise<T>, gone: T): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return gone
    throw error
  }
}
