import { readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning, startOf } from '../bootstrap/lock-file.mjs'
import { memory, memorySize } from './own-memory.ts'

export interface ScratchFolder {
  readonly path: string
  /** true where this machine has no file system in memory */
  readonly onDisk: boolean
  /** bytes of the file system */
  readonly size: number
}

/** Where the executors of this process may keep decrypted data during a run: in memory, else in the room's own folder. */
export async function scratchFolder(roomFolder: string, name: string): Promise<ScratchFolder> {
  const size = await memorySize()
  if (size === undefined) {
    const disk = await statfs(roomFolder)
    return { path: join(roomFolder, 'scratch', name), onDisk: true, size: disk.blocks * disk.bsize }
  }
  const owner = `${process.pid}-${startOf(process.pid) ?? 0}`
  return {
    path: join(memory, `reinraum-${owner}-${crypto.randomUUID().slice(0, 8)}-${name}`),
    onDisk: false,
    size,
  }
}

/** Removes what a room left in memory whose process was killed: it may hold decrypted data. */
export async function sweepScratchFolders(): Promise<void> {
  for (const entry of await readdir(memory).catch(() => [])) {
    const owner = /^reinraum-(\d+)-(\d+)-/.exec(entry)
    if (owner === null || isRunning(Number(owner[1]), owner[2] ?? '')) continue
    await rm(join(memory, entry), { recursive: true, force: true })
  }
}
