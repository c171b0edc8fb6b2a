import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@reinraum/kit'
import { afterAll, expect, test, vi } from 'vitest'
import { deviceNumber } from './encrypted-device.ts'
import { requireSafeSwap, swapAreas } from './swaps.ts'
import { madeUpSys } from './testing/made-up-sys.ts'

const base = await mkdtemp(join(tmpdir(), 'reinraum-swaps-'))
const file = join(base, 'swap file')
await writeFile(file, '')
afterAll(() => rm(base, { recursive: true }))
const head = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
const line = (path: string, kind = 'file') => `${path.replaceAll(' ', '\\040')}  ${kind}\t\t1048572\t\t0\t\t-2\n`
let written = 0

/** The file lies on a disk whose mapping has this name. */
async function required(text: string, uuid = 'CRYPT-PLAIN-swap', allowUnencrypted = false) {
  const swaps = join(base, `swaps-${written++}`)
  await writeFile(swaps, text)
  const number = deviceNumber((await stat(file, { bigint: true })).dev)
  const sys = await madeUpSys([{ name: 'dm-0', number, files: { 'dm/uuid': uuid } }])
  const log = createLog({ level: 'error' })
  const warn = vi.spyOn(log, 'warn')
  const outcome = await requireSafeSwap({ allowUnencrypted, log }, { sys, swaps }).catch((error) => error.code)
  return [outcome, warn.mock.calls.length]
}

test('a machine without swap, or with one that is encrypted, is accepted', async () => {
  expect(await required('')).toEqual([undefined, 0])
  expect(await required(head)).toEqual([undefined, 0])
  expect(await required(head + line(file))).toEqual([undefined, 0])
  const places = { sys: await madeUpSys([]), swaps: join(base, 'none') }
  await requireSafeSwap({ allowUnencrypted: false, log: createLog({ level: 'error' }) }, places)
})

test.each([
  ['on a disk', line(file), 'LVM-plain'],
  ['beside an encrypted one', line(file) + line(join(base, 'other')), undefined],
  ['that is not there, as in a container', line('/dev/no-such-disk', 'partition'), undefined],
  ['that was deleted', line(`${file}\\040(deleted)`), undefined],
  ['that is no disk', line(file, 'partition'), undefined],
])('swap %s is refused, or warned of where that is allowed', async (_, text, uuid) => {
  expect(await required(head + text, uuid)).toEqual(['unsupported', 0])
  expect(await required(head + text, uuid, true)).toEqual([undefined, 1])
})

test('the list is read as the kernel writes it', () => {
  expect(swapAreas(head + line('/dev/dm-1', 'partition') + line('/a b\\011c\\134'))).toEqual([
    { path: '/dev/dm-1', kind: 'partition' },
    { path: '/a b\tc\\', kind: 'file' },
  ])
})
