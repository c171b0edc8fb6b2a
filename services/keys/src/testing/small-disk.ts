import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyServiceProcess } from './key-service-process.ts'

/**
 * A command that runs what follows it with a disk of its own, a tmpfs of so many bytes, over the folder, which keeps its
 * content. Only that process and those inside its mount namespace see it.
 */
export function withSmallDisk(folder: string, bytes: number): readonly string[] {
  const script = [
    'set -e; disk=$1; shift; cp -a "$disk" "$disk.before"',
    `mount -t tmpfs -o size=${bytes},mode=0700 none "$disk"`,
    'cp -a "$disk.before/." "$disk"; rm -r "$disk.before"; exec "$@"',
  ].join('\n')
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder]
}

/** Whether this machine lets a test mount anything. */
export const canMount = attempt(() =>
  execFileSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' }),
)
if (!canMount) process.stderr.write('Skipping what needs a disk of its own: this machine mounts nothing for a test.\n')

export interface SmallDisk {
  /** Leaves no byte free, or gives them back. */
  fill(): Promise<void>
  free(): Promise<void>
}

/** The disk of a process that was started `withSmallDisk`. */
export function smallDiskOf({ pid }: KeyServiceProcess, folder: string): SmallDisk {
  const filler = join(`/proc/${pid}/root`, folder, 'filler')
  return {
    async fill() {
      // Page by page, so that the last one goes too.
      await writeFile(filler, pages()).catch(() => undefined)
    },
    free: () => rm(filler),
  }
}

function* pages(): Generator<Uint8Array> {
  const page = new Uint8Array(4096)
  for (;;) yield page
}

function attempt(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
