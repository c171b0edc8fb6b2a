import { readdir, readFile } from 'node:fs/promises'
import { errnoOf } from '@reinraum/kit'

/** What the kernel says of its block devices (sysfs(5)). */
export interface SysFolder {
  /** a file's text, without the end of its line; undefined where there is none */
  text(path: string): Promise<string | undefined>
  /** names in a folder; none where there is no folder */
  names(path: string): Promise<readonly string[]>
}

export function sysFolder(root = '/sys'): SysFolder {
  // Not joined as text: what `..` of a link is, the kernel knows.
  return {
    text: (path) => ifThere(async () => (await readFile(`${root}/${path}`, 'utf8')).trimEnd()),
    names: async (path) => (await ifThere(() => readdir(`${root}/${path}`))) ?? [],
  }
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw error
  }
}
