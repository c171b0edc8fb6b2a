import { link, lstat, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isReinraumError } from '@reinraum/crypto'
import { fileError } from './file-error.ts'

/**
 * Gives `fill` a private folder beside the target, and moves what it made there to the target only when it is done: whatever
 * goes wrong, there is no half-written file, and no file that was there before is touched.
 * @param fill writes `file`, which does not exist yet
 * @throws ReinraumError `already-exists`, `storage-full`, `unreadable-input` (the folder cannot be written), and what `fill` throws
 */
export async function writeNewFile<T>(target: string, fill: (file: string, folder: string) => Promise<T>): Promise<T> {
  await assertNew(target)
  const about = `cannot write ${target}`
  const folder = await mkdtemp(join(dirname(resolve(target)), '.reinraum-')).catch((cause) => {
    throw fileError(cause, target, about)
  })
  try {
    const file = join(folder, 'file')
    const value = await fill(file, folder)
    await place(file, target).catch((cause) => {
      throw fileError(cause, target, about)
    })
    return value
  } catch (error) {
    // It was a file in the folder that did not fit; nobody knows that one by its name.
    if (isReinraumError(error) && error.code === 'storage-full') throw fileError({ code: 'ENOSPC' }, target, about)
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes a new file, whole or not at all, and never over an old one. @throws as `writeNewFile` */
export async function writeNewBytes(target: string, content: string | Uint8Array, mode: number): Promise<void> {
  await writeNewFile(target, (file) =>
    writeFile(file, content, { flag: 'wx', mode, flush: true }).catch((cause) => {
      throw fileError(cause, target, `cannot write ${target}`)
    }),
  )
}

/** Says early what `writeNewFile` would say in the end. @throws ReinraumError `already-exists` */
export async function assertNew(target: string): Promise<void> {
  const found = await lstat(target).catch(() => undefined)
  if (found !== undefined) throw fileError({ code: 'EEXIST' }, target, '')
}

/** link(2) fails where something stands; rename(2) would replace it. */
async function place(file: string, target: string): Promise<void> {
  try {
    await link(file, target)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    // FAT and some network file systems know no links.
    await assertNew(target)
    await rename(file, target)
  }
}
