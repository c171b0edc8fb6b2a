import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { openScratch, type ScratchFolder } from '../scratch.ts'
import { deviceNumber, isEncrypted } from './encrypted-device.ts'
import { removeAll } from './remove-all.ts'
import { type SysFolder, sysFolder } from './sys-folder.ts'

/** Where queries put what does not fit into their memory. Who has one knows that it lies on an encrypted disk. */
export interface Spill {
  /** of temporary files, per run */
  readonly mebibytes: number
  /** A fresh folder for one run. */
  open(): Promise<ScratchFolder>
}

export interface SpillConfig {
  /** on a disk of its own; only `runs` in it is touched */
  readonly directory: string
  readonly mebibytes: number
}

/** `f_type` of ext4 and XFS (statfs(2)): what they write goes to the device that stat(2) names, and nowhere else. */
const diskFileSystems = [0xef53, 0x58465342]

/**
 * Prepares the folder and wipes what a killed predecessor left there.
 * @param most of runs at once, and of a result, which lies there too
 * @throws ReinraumError `unsupported` when the folder is not on an encrypted disk; `resource-exhausted` when that has no room for
 *   as many runs
 */
export async function openSpill(
  { directory, mebibytes }: SpillConfig,
  most: { readonly runs: number; readonly resultBytes: number },
  sys: SysFolder = sysFolder(),
): Promise<Spill> {
  const runs = join(directory, 'runs')
  await removeAll(runs)
  const scratch = await openScratch(runs, { allowDisk: true })
  const [{ dev }, { type, bavail, bsize }] = await Promise.all([stat(runs, { bigint: true }), statfs(runs)])
  if (!diskFileSystems.includes(type) || !(await isEncrypted(deviceNumber(dev), sys))) {
    const needed = 'ext4 or XFS on a block device that dm-crypt encrypts'
    throw new ReinraumError('unsupported', `spill.directory does not lie on ${needed}; plaintext would reach a disk`)
  }
  const needed = most.runs * (mebibytes * 2 ** 20 + most.resultBytes)
  if (bavail * bsize < needed) {
    const asked = `${Math.ceil(needed / 2 ** 20)} MiB, for ${most.runs} runs at once`
    throw new ReinraumError('resource-exhausted', `spill.directory has less free space than it promises: ${asked}`)
  }
  return {
    mebibytes,
    async open() {
      const { path } = await scratch.open()
      return { path, remove: () => removeAll(path) }
    },
  }
}
