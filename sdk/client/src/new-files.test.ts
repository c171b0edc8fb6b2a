import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileError } from './file-error.ts'
import { writeNewBytes, writeNewFile } from './new-files.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-new-files-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('a new file', () => {
  it('has its content and its mode', async () => {
    await writeNewBytes(join(directory, 'a'), 'all of it', 0o600)
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('all of it')
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['a'])
  })

  it('is not there until it is whole', async () => {
    await writeNewFile(join(directory, 'a'), async (file) => {
      await writeFile(file, 'half')
      await expect(stat(join(directory, 'a'))).rejects.toMatchObject({ code: 'ENOENT' })
    })
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('half')
  })

  it('is not there at all when making it fails', async () => {
    const failing = writeNewFile(join(directory, 'a'), async (file) => {
      await writeFile(file, 'half')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await readdir(directory)).toEqual([])
  })

  it('never stands where another stood, not even one that came in between, nor behind a dangling link', async () => {
    await writeFile(join(directory, 'a'), 'mine')
    await expect(writeNewBytes(join(directory, 'a'), 'yours', 0o600)).rejects.toMatchObject({ code: 'already-exists' })
    const slow = writeNewFile(join(directory, 'b'), async (file) => {
      await writeFile(file, 'yours')
      await writeFile(join(directory, 'b'), 'mine')
    })
    await expect(slow).rejects.toMatchObject({ code: 'already-exists' })
    await symlink(join(directory, 'nowhere'), join(directory, 'c'))
    await expect(writeNewBytes(join(directory, 'c'), 'yours', 0o600)).rejects.toMatchObject({ code: 'already-exists' })
    expect([await readFile(join(directory, 'a'), 'utf8'), await readFile(join(directory, 'b'), 'utf8')]).toEqual(['mine', 'mine'])
    expect((await readdir(directory)).sort()).toEqual(['a', 'b', 'c'])
  })

  it('in a folder that is missing or none is refused by the name that was given', async () => {
    await writeFile(join(directory, 'file'), '')
    for (const target of [join(directory, 'missing', 'a'), join(directory, 'file', 'a')]) {
      const writing = writeNewBytes(target, 'x', 0o600)
      await expect(writing).rejects.toMatchObject({ code: 'unreadable-input', message: `cannot write ${target}` })
    }
  })
})

it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('%s means that the disk is full', (code) => {
  expect(fileError({ code }, 'a', 'cannot write a')).toMatchObject({ code: 'storage-full', message: 'no room left for a' })
})
