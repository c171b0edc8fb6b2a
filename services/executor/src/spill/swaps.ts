import { readFile, stat } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import { errnoOf, type Log } from '@reinraum/kit'
import { deviceNumber, isEncrypted, isInMemory } from './encrypted-device.ts'
import { type SysFolder, sysFolder } from './sys-folder.ts'

/**
 * Memory that the machine swaps lies on a disk, decrypted data with it.
 * @throws ReinraumError `unsupported` when it could, unless that was allowed in so many words
 */
export async function requireSafeSwap(
  { allowUnencrypted, log }: { readonly allowUnencrypted: boolean; readonly log: Log },
  places: { readonly sys: SysFolder; readonly swaps: string } = { sys: sysFolder(), swaps: '/proc/swaps' },
): Promise<void> {
  const areas = swapAreas(await listed(places.swaps))
  const safe = await Promise.all(areas.map((area) => isSafe(area, places.sys)))
  if (safe.every(Boolean)) return
  const message = 'this machine swaps to a disk that dm-crypt does not encrypt; plaintext would reach it'
  if (!allowUnencrypted) throw new ReinraumError('unsupported', message)
  log.warn(message)
}

interface SwapArea {
  readonly path: string
  readonly kind: string
}

/** Of what `/proc/swaps` says, whose first line names its columns (proc(5)). */
export function swapAreas(text: string): readonly SwapArea[] {
  const lines = text.split('\n').slice(1)
  return lines.flatMap((line) => {
    const [path = '', kind = ''] = line.split(/\s+/)
    return line.trim() === '' ? [] : [{ path: path.replace(/\\([0-7]{3})/g, (_, code) => character(code)), kind }]
  })
}

function character(octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8))
}

/** What cannot be found, such as the host's in a container, is not safe. */
async function isSafe({ path, kind }: SwapArea, sys: SysFolder): Promise<boolean> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  if (found === undefined) return false
  if (kind === 'file') return isEncrypted(deviceNumber(found.dev), sys)
  const device = deviceNumber(found.rdev)
  return (await isInMemory(device, sys)) || isEncrypted(device, sys)
}

/** A kernel that cannot swap has no such file. */
async function listed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}
