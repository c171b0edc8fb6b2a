import { statfs } from 'node:fs/promises'

export const memory = '/dev/shm'
const tmpfs = 0x01021994

/** Bytes of this machine's file system in memory; undefined where it has none. */
export async function memorySize(): Promise<number | undefined> {
  const found = await statfs(memory).catch(() => undefined)
  return found?.type === tmpfs ? found.blocks * found.bsize : undefined
}

const run = 'exec "$0" "$@"'
const unshare = 'unshare --mount --propagation private'
/** Its arguments: the folder, options, and a program, which it becomes. */
const mountAndRun = 'mount -t tmpfs -o "$1" none "$0" 2>/dev/null; shift; exec "$@"'

/**
 * A script for sh(1) that becomes the program in its arguments. Where this user may mount, that has a file system in memory of
 * its own instead of /dev/shm: nobody beside it sees what is there, and it ends with the program however that ends. Where this user
 * may not, it has the one of all.
 */
export async function inOwnMemory(): Promise<string> {
  const size = await memorySize()
  if (size === undefined) return run
  const options = `size=${size},mode=700,nosuid,nodev,noexec`
  const own = `exec ${unshare} sh -c '${mountAndRun}' ${memory} ${options} "$0" "$@"`
  return `if ${unshare} true 2>/dev/null; then ${own}; fi; ${run}`
}
