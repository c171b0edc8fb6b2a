import { mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deviceNumber, isEncrypted, isInMemory } from './encrypted-device.ts'
import { sysFolder } from './sys-folder.ts'
import { type MadeUpDevice, madeUpSys } from './testing/made-up-sys.ts'

const id = '0123456789abcdef0123456789abcdef'
const disk: MadeUpDevice = { name: 'sda', number: '8:0' }
const mapped = (name: string, number: string, uuid: string, slaves: readonly string[]): MadeUpDevice => ({
  name,
  number,
  files: { 'dm/uuid': uuid },
  slaves,
})
const luks = mapped('dm-0', '252:0', `CRYPT-LUKS2-${id}-scratch`, ['sda'])
const lvm = (...slaves: string[]) => mapped('dm-1', '252:1', `LVM-${id}${id}`, slaves)

async function judged(number: string, ...devices: readonly MadeUpDevice[]): Promise<boolean> {
  return isEncrypted(number, await madeUpSys(devices))
}

describe('a device is encrypted', () => {
  it.each([
    ['plain', 'CRYPT-PLAIN-scratch'],
    ['with a LUKS1 header', `CRYPT-LUKS1-${id}-scratch`],
    ['with a LUKS2 header', `CRYPT-LUKS2-${id}-scratch`],
  ])('by dm-crypt, %s', async (_, uuid) => {
    expect(await judged('252:0', disk, mapped('dm-0', '252:0', uuid, ['sda']))).toBe(true)
  })

  it('where all parts of a logical volume are', async () => {
    const other = mapped('dm-2', '252:2', 'CRYPT-PLAIN-other', ['sda'])
    expect(await judged('252:1', disk, luks, lvm('dm-0'))).toBe(true)
    expect(await judged('252:1', disk, luks, other, lvm('dm-0', 'dm-2'))).toBe(true)
    expect(await judged('252:3', disk, luks, lvm('dm-0'), mapped('dm-3', '252:3', 'LVM-over', ['dm-1']))).toBe(true)
    // both ways to the same one
    const twice = [lvm('dm-0'), mapped('dm-3', '252:3', 'LVM-b', ['dm-0']), mapped('dm-4', '252:4', 'LVM-c', ['dm-1', 'dm-3'])]
    expect(await judged('252:4', disk, luks, ...twice)).toBe(true)
  })

  it('where its disk is, of which it is a partition', async () => {
    expect(await judged('259:1', disk, luks, { name: 'dm-0p1', number: '259:1', disk: 'dm-0' })).toBe(true)
    expect(await judged('252:5', disk, luks, mapped('dm-5', '252:5', `part1-CRYPT-LUKS2-${id}-scratch`, ['dm-0']))).toBe(true)
  })
})

describe('a device is not encrypted', () => {
  it.each([
    ['that is a disk', '8:0', [disk]],
    ['that is a partition of one', '8:1', [disk, { name: 'sda1', number: '8:1', disk: 'sda' }]],
    ['that is a logical volume on one', '252:1', [disk, lvm('sda')]],
    ['that is a logical volume in part on one', '252:1', [disk, luks, lvm('dm-0', 'sda')]],
    ['that is a logical volume on nothing', '252:1', [lvm()]],
    ['that is a file', '7:0', [{ name: 'loop0', number: '7:0', files: { 'loop/backing_file': '/scratch' } }]],
    ['that is nowhere', '8:7', [disk]],
    ['of a file system without one, such as one in memory', '0:36', [disk]],
    ['that has another number than one', '../block/252:0', [disk, luks]],
  ] as const)('%s', async (_, number, devices) => {
    expect(await judged(number, ...devices)).toBe(false)
  })

  it.each([
    `CRYPT-VERITY-${id}-root`,
    'CRYPT-INTEGRITY-scratch',
    `CRYPT-SUBDEV-${id}-scratch_dif`,
    'CRYPT-LUKS2-HW-OPAL-scratch',
    `LVM-CRYPT-PLAIN-${id}`,
    `xCRYPT-LUKS2-${id}-scratch`,
    '',
  ])('because the name of a mapping says %s', async (uuid) => {
    expect(await judged('252:0', disk, mapped('dm-0', '252:0', uuid, ['sda']))).toBe(false)
  })

  it('where mappings go round in circles', async () => {
    const circle = [mapped('dm-1', '252:1', 'LVM-a', ['dm-2']), mapped('dm-2', '252:2', 'LVM-b', ['dm-1'])]
    expect(await judged('252:1', ...circle)).toBe(false)
    expect(await judged('252:1', mapped('dm-1', '252:1', 'LVM-a', ['dm-1']))).toBe(false)
  })

  it('where links go round in circles, or there is no /sys', async () => {
    const root = await mkdtemp(join(tmpdir(), 'reinraum-sys-'))
    onTestFinished(() => rm(root, { recursive: true }))
    await symlink('dev', join(root, 'dev'))
    expect(await isEncrypted('252:0', sysFolder(root))).toBe(false)
    expect(await isEncrypted('252:0', sysFolder(join(root, 'none')))).toBe(false)
  })
})

describe('a device in memory', () => {
  it('is zram that writes nothing back to a disk', async () => {
    const of = async (name: string, files: Readonly<Record<string, string>>) =>
      isInMemory('253:0', await madeUpSys([{ name, number: '253:0', files }]))
    expect(await of('zram0', {})).toBe(true)
    expect(await of('zram0', { backing_dev: 'none' })).toBe(true)
    expect(await of('zram0', { backing_dev: '/dev/sda1' })).toBe(false)
    expect(await of('sda', {})).toBe(false)
  })
})

it('a number is taken apart as the system does', async () => {
  expect(deviceNumber(0x801n)).toBe('8:1')
  expect(deviceNumber(0xabcde00045612378n)).toBe('2882396451:284280')
  const { rdev } = await stat('/dev/null', { bigint: true })
  expect(deviceNumber(rdev)).toBe('1:3')
})
