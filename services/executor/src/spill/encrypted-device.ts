import type { SysFolder } from './sys-folder.ts'

/** A block device, as `MAJOR:MINOR`. */
export type DeviceNumber = string

/**
 * What cryptsetup names its dm-crypt devices: plain, or LUKS with the identifier of its header. Other names that begin with
 * `CRYPT-` (`VERITY`, `INTEGRITY`, `LUKS2` of a disk that does it in hardware) encrypt nothing in this machine.
 */
const encryptedName = /^CRYPT-(PLAIN-|LUKS[12]-[0-9a-f]{32}-)/

/**
 * Whether all that is written to a device passes dm-crypt: the device itself, or each one that a device-mapper device (LVM)
 * consists of. Whatever cannot be told is not encrypted. It finds mistakes, not lies: who sets up the machine chooses the
 * cipher and the key, and neither shows here.
 */
export async function isEncrypted(device: DeviceNumber, sys: SysFolder, seen: readonly DeviceNumber[] = []): Promise<boolean> {
  if (!/^\d+:\d+$/.test(device) || seen.includes(device)) return false
  const folder = `dev/block/${device}`
  const under = [...seen, device]
  // The folder of a partition lies in that of its disk.
  if ((await sys.text(`${folder}/partition`)) !== undefined) return isEachEncrypted([`${folder}/..`], sys, under)
  const name = await sys.text(`${folder}/dm/uuid`)
  if (name === undefined) return false
  if (encryptedName.test(name)) return true
  const parts = await sys.names(`${folder}/slaves`)
  return isEachEncrypted(
    parts.map((part) => `${folder}/slaves/${part}`),
    sys,
    under,
  )
}

async function isEachEncrypted(folders: readonly string[], sys: SysFolder, seen: readonly DeviceNumber[]): Promise<boolean> {
  const each = folders.map(async (folder) => isEncrypted((await sys.text(`${folder}/dev`)) ?? 'none', sys, seen))
  return folders.length > 0 && (await Promise.all(each)).every(Boolean)
}

/** Memory that is compressed, none of which is written back to a disk (zram, `backing_dev`). */
export async function isInMemory(device: DeviceNumber, sys: SysFolder): Promise<boolean> {
  const folder = `dev/block/${device}`
  const isZram = /^DEVNAME=zram\d+$/m.test((await sys.text(`${folder}/uevent`)) ?? '')
  return isZram && ((await sys.text(`${folder}/backing_dev`)) ?? 'none') === 'none'
}

/** Of a device's number as stat(2) has it in `st_dev` and `st_rdev` (makedev(3)). */
export function deviceNumber(dev: bigint): DeviceNumber {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
  return `${major}:${minor}`
}
