import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the files of one run lie. Its parent is private, so what may be read here is read by the query process alone. */
export interface RunFolder {
  /** decrypted datasets; the query process reads them and changes nothing */
  readonly data: string
  /** the one file that the query process may write */
  readonly result: string
  /** where the query process mounts the root that it sees; empty for everyone else */
  readonly root: string
}

/** Modes for a process that has no privilege left, whatever this one's umask. */
const readable = 0o755
const writable = 0o666

/** Lays out a fresh private folder. */
export async function makeRunFolder(path: string): Promise<RunFolder> {
  const folder = { data: join(path, 'data'), result: join(path, 'result.parquet'), root: join(path, 'root') }
  await Promise.all([mkdir(folder.data), mkdir(folder.root), writeFile(folder.result, '', { flag: 'wx' })])
  await Promise.all([chmod(folder.data, readable), chmod(folder.result, writable)])
  return folder
}
