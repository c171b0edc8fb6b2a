import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { onTestFinished } from 'vitest'
import { type SysFolder, sysFolder } from '../sys-folder.ts'

export interface MadeUpDevice {
  readonly name: string
  readonly number: string
  /** text by path, such as `dm/uuid` */
  readonly files?: Readonly<Record<string, string>>
  readonly slaves?: readonly string[]
  /** the disk that it is a partition of */
  readonly disk?: string
}

/** A folder in the form of /sys, for devices that this machine does not have. */
export async function madeUpSys(devices: readonly MadeUpDevice[]): Promise<SysFolder> {
  const root = await mkdtemp(join(tmpdir(), 'reinraum-sys-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const folderOf = (name: string): string => {
    const disk = devices.find((device) => device.name === name)?.disk
    return join(disk === undefined ? join(root, 'devices/virtual/block') : folderOf(disk), name)
  }
  await mkdir(join(root, 'dev/block'), { recursive: true })
  for (const { name, number, files = {}, slaves = [], disk } of devices) {
    const all = { dev: number, uevent: `DEVNAME=${name}`, ...(disk === undefined ? {} : { partition: '1' }), ...files }
    for (const [path, text] of Object.entries(all)) {
      const file = join(folderOf(name), path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, `${text}\n`)
    }
    await mkdir(join(folderOf(name), 'slaves'))
    for (const slave of slaves) {
      const from = join(folderOf(name), 'slaves')
      await symlink(relative(from, folderOf(slave)), join(from, slave))
    }
    await symlink(relative(join(root, 'dev/block'), folderOf(name)), join(root, 'dev/block', number))
  }
  return sysFolder(root)
}
