import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'

/** `f_type` of tmpfs and ramfs (statfs(2)). */
const memoryFileSystems = [0x01021994, 0x858458f6]

/** Where plaintext lives during a run: one private folder per run, in memory. */
export interface Scratch {
  /** A fresh folder, for one run unless told. */
  open(purpose?: string): Promise<ScratchFolder>
}

export interface ScratchFolder {
  readonly path: string
  remove(): Promise<void>
}

/**
 * Prepares the scratch folder and wipes what a killed predecessor left there.
 * @throws ReinraumError `unsupported` when the folder is not in memory and that was not allowed in so many words
 */
export async function openScratch(directory: string, { allowDisk }: { readonly allowDisk: boolean }): Promise<Scratch> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 })
  // Not `recursive`, which takes what is there: /dev/shm is everyone's, and a folder or a link of somebody else's could stand
  // here by now.
  await mkdir(directory, { mode: 0o700 })
  const { type } = await statfs(directory)
  if (!memoryFileSystems.includes(type) && !allowDisk) {
    throw new ReinraumError('unsupported', 'the scratch folder is not memory-backed; plaintext would reach a disk')
  }
  return {
    async open(purpose = 'run') {
      const path = await mkdtemp(join(directory, `${purpose}-`))
      return { path, remove: () => rm(path, { recursive: true, force: true }) }
    },
  }
}
