import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the files of one run lie. Its parent is private, so what may be read here is read by the query process alone. */
export interface RunFolder {
  /** decrypted datasets; the query process reads them and changes nothing */
  readonly data: string
  /** the one file that the query process may write, beside temporary ones where it spills */
  readonly result: string
  /** where the query process mounts the root that it sees; empty for everyone else */
  readonly root: string
  /** where the query process spills, on an encrypted disk; undefined where it does not */
  readonly spill?: SpillFolder | undefined
}

export interface SpillFolder {
  /** of the run; the result lies here too */
  readonly path: string
  /** for the engine's temporary files */
  readonly temporary: string
  /** of these */
  readonly mebibytes: number
}

/** Modes for a process that has no privilege left, whatever this one's umask. */
const readable = 0o755
const writable = 0o666
const writableFolder = 0o777

/**
 * Lays out a fresh private folder.
 * @param spill another one, for what the query process writes: a file as long as what is spilled has no place in memory
 */
export async function makeRunFolder(path: string, spill?: Omit<SpillFolder, 'temporary'>): Promise<RunFolder> {
  const [data, root, result] = [join(path, 'data'), join(path, 'root'), join(spill?.path ?? path, 'result.parquet')]
  await Promise.all([mkdir(data), mkdir(root), writeFile(result, '', { flag: 'wx' })])
  await Promise.all([chmod(data, readable), chmod(result, writable)])
  if (spill === undefined) return { data, root, result }
  const temporary = join(spill.path, 'temporary')
  await mkdir(temporary)
  await chmod(temporary, writableFolder)
  return { data, root, result, spill: { ...spill, temporary } }
}
