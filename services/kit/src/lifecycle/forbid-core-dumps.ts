import { readFile, writeFile } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'

/** The files of `/proc` that say whether this process may leave a core dump (proc(5), core(5)). */
export interface ProcFiles {
  readonly filter: string
  readonly limits: string
}

const ownFiles: ProcFiles = { filter: '/proc/self/coredump_filter', limits: '/proc/self/limits' }

/**
 * For processes that hold keys: nothing of their memory is to reach a disk when they crash. The filter leaves every mapping out
 * of a dump, also of one that the kernel hands to a program, for which the size limit does not count; it passes on to children.
 * The limit must be 0 already, which only the parent can see to for all of the process's life (`ulimit -c 0`).
 * @throws ReinraumError `unsupported` when dumps are allowed, or when this system does not say
 */
export async function forbidCoreDumps(files: ProcFiles = ownFiles): Promise<void> {
  let limits: string
  try {
    await writeFile(files.filter, '0')
    limits = await readFile(files.limits, 'utf8')
  } catch (cause) {
    throw new ReinraumError('unsupported', 'this system does not let a process forbid its core dumps', { cause })
  }
  // "Max core file size  <soft>  <hard>  bytes"
  const [soft, hard] = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(limits)?.slice(1) ?? []
  if (soft !== '0' || hard !== '0') {
    throw new ReinraumError('unsupported', 'this process holds keys and may leave core dumps: start it under `ulimit -c 0`')
  }
}
