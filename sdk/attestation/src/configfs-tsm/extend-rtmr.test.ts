import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from '@reinraum/crypto'
import { expect, it, onTestFinished } from 'vitest'
import { fail } from '../testing/configfs-tsm-folder.ts'
import { extendRtmr } from './extend-rtmr.ts'
import { nodeTsmFiles, type TsmFiles } from './tsm-files.ts'

const retries = { attempts: 3, waitMs: 1 }

/** A folder with the kernel's files; an extension shows as their content. */
async function measurements(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-rtmr-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const register of [0, 1, 2, 3]) await writeFile(join(folder, `rtmr${register}:sha384`), '')
  return folder
}

it.each([0, 1, 2, 3] as const)('RTMR%i is extended by one write of 48 bytes to its file', async (register) => {
  const folder = await measurements()
  const digest = randomBytes(48)
  await extendRtmr({ folder, register, digest })
  for (const other of [0, 1, 2, 3]) {
    expect((await readFile(join(folder, `rtmr${other}:sha384`))).length).toBe(other === register ? 48 : 0)
  }
  expect(new Uint8Array(await readFile(join(folder, `rtmr${register}:sha384`)))).toEqual(digest)
})

it.each([0, 32, 47, 49, 96])('%i bytes extend nothing', async (length) => {
  const folder = await measurements()
  const attempt = extendRtmr({ folder, register: 3, digest: randomBytes(length) })
  await expect(attempt).rejects.toMatchObject({ code: 'invalid-argument' })
  expect(await readFile(join(folder, 'rtmr3:sha384'))).toHaveLength(0)
})

it('a kernel without such registers is named as that, and no file is made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-rtmr-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const attempt = extendRtmr({ folder, register: 3, digest: randomBytes(48) })
  await expect(attempt).rejects.toMatchObject({ code: 'unsupported' })
  expect(await readdir(folder)).toEqual([])
})

const counted = (write: TsmFiles['write']): { readonly files: TsmFiles; readonly calls: () => number } => {
  let calls = 0
  const files: TsmFiles = {
    ...nodeTsmFiles,
    write(path, bytes) {
      calls += 1
      return write(path, bytes)
    },
  }
  return { files, calls: () => calls }
}

it('a write of which only a part was taken is an error, and is never continued', async () => {
  const { files, calls } = counted(async () => 47)
  const attempt = extendRtmr({ register: 3, digest: randomBytes(48), files, retries })
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable' })
  expect(calls()).toBe(1)
})

it('a module that is busy is asked again, a bounded number of times', async () => {
  const busy = counted(async () => fail('EBUSY'))
  const attempt = extendRtmr({ register: 3, digest: randomBytes(48), files: busy.files, retries })
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable' })
  expect(busy.calls()).toBe(retries.attempts)
  let first = true
  const later = counted(async (_, bytes) => {
    if (first) {
      first = false
      fail('EBUSY')
    }
    return bytes.length
  })
  await extendRtmr({ register: 3, digest: randomBytes(48), files: later.files, retries })
  expect(later.calls()).toBe(2)
})

it('a write that failed otherwise is not repeated: the register may have been extended', async () => {
  const { files, calls } = counted(async () => fail('EIO'))
  const attempt = extendRtmr({ register: 3, digest: randomBytes(48), files, retries })
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable' })
  expect(calls()).toBe(1)
})
