import { readFile, realpath } from 'node:fs/promises'

const smallPageBytes = 4096
/** Of every machine that TDX and SEV-SNP are for. */
const largePageBytes = 2 ** 21

/** In what pieces the file system that a folder lies in takes memory for a file, as long as it finds such. */
export async function pageBytesOf(directory: string): Promise<number> {
  const [mounts, path] = await Promise.all([readFile('/proc/self/mountinfo', 'utf8'), realpath(directory)])
  return hasLargePages(mounts, path) ? largePageBytes : smallPageBytes
}

/**
 * Whether a file system in memory uses large pages: the option `huge` of tmpfs(5).
 * @param mounts as in proc_pid_mountinfo(5)
 */
export function hasLargePages(mounts: string, path: string): boolean {
  let found = { at: '', options: '' }
  for (const line of mounts.split('\n')) {
    const [, , , , place = ''] = line.split(' ')
    const [, , options = ''] = (line.split(' - ')[1] ?? '').split(' ')
    const at = place.replaceAll(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
    // Of several at one place, the last one is seen.
    if (isAtOrBelow(path, at) && at.length >= found.at.length) found = { at, options }
  }
  return found.options.split(',').some((option) => option === 'huge=always' || option === 'huge=within_size')
}

function isAtOrBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(place.endsWith('/') ? place : `${place}/`)
}
