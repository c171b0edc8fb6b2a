import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFloorsFile } from './floors-file.ts'

const series = `crl/${'1'.repeat(64)}/${'2'.repeat(64)}`
const other = `tcb-evaluation/${'1'.repeat(64)}`
let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-floors-'))
  file = join(folder, 'floors')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a file of floors', () => {
  it('is not needed before there is a floor, and not made without one', async () => {
    const floors = openFloorsFile(file)
    expect(await floors.read()).toEqual({})
    await floors.raise({})
    expect(await readdir(folder)).toEqual([])
  })

  it('is its owner’s alone, and keeps what it was told', async () => {
    await openFloorsFile(file).raise({ [series]: '9', [other]: '1' })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await openFloorsFile(file).read()).toEqual({ [series]: '9', [other]: '1' })
    expect(await readdir(folder)).toEqual(['floors'])
  })

  it('rises, never falls, and grows only when it rises', async () => {
    const floors = openFloorsFile(file)
    for (const number of ['9', '10', '2', '10', '9']) await floors.raise({ [series]: number })
    const long = (2n ** 159n).toString()
    await floors.raise({ [other]: long })
    expect(await floors.read()).toEqual({ [series]: '10', [other]: long })
    expect(await readFile(file, 'utf8')).toBe(`${series} 9\n${series} 10\n${other} ${long}\n`)
  })

  it('never falls while several programs raise it at the same time', { timeout: 60_000 }, async () => {
    const child = join(import.meta.dirname, 'testing/raise-child.ts')
    const options = ['--conditions=source', '--disable-warning=ExperimentalWarning', child, file, series]
    const each = [0, 1, 2].map((at) => Array.from({ length: 40 }, (_, i) => String(1 + i * 3 + at)))
    let done = false
    const children = Promise.all(each.map((numbers) => promisify(execFile)(process.execPath, [...options, ...numbers]))).finally(
      () => {
        done = true
      },
    )
    const seen: number[] = []
    while (!done) {
      seen.push(Number((await openFloorsFile(file).read())[series] ?? 0))
      await sleep(2)
    }
    await children
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(await openFloorsFile(file).read()).toEqual({ [series]: '120' })
  })

  it.each([
    ['no number', `${series} nine\n`],
    ['a negative number', `${series} -1\n`],
    ['no series', 'crl 1\n'],
    ['an empty line', '\n'],
    ['something behind the number', `${series} 1 2\n`],
    ['a line that ends in another way', `${series} 1\r\n`],
    ['a word of another language', '{"floors":{}}\n'],
    ['the name of every object', '__proto__ 1\n'],
    ['zeroes, as a disk that lost its power leaves them', '\0'.repeat(20)],
    ['half a line', `${series} 1\n${series.slice(0, 20)}`],
    ['half a number, for all that anyone knows', `${series} 1`],
  ])('with %s is refused, read or raised, and left as it was', async (_, text) => {
    await writeFile(file, `${other} 5\n${text}`)
    const floors = openFloorsFile(file)
    for (const attempt of [() => floors.read(), () => floors.raise({ [series]: '9' })]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'unreadable-input', message: expect.stringContaining(file) })
    }
    expect(await readFile(file, 'utf8')).toBe(`${other} 5\n${text}`)
  })

  it('waits for a line that is just being written', async () => {
    await writeFile(file, `${series} 1`)
    const reading = openFloorsFile(file).read()
    await sleep(30)
    await appendFile(file, '2\n')
    expect(await reading).toEqual({ [series]: '12' })
  })

  it('that is too long is refused without being read', async () => {
    await writeFile(file, `${series} 1\n`)
    await truncate(file, 8 * 1024 ** 3)
    await expect(openFloorsFile(file).read()).rejects.toMatchObject({ code: 'unreadable-input' })
  })

  it('that is too long is refused even where its beginning reads well: the highest line may be the last', async () => {
    const limit = 4 * 1024 * 1024 + 1
    const line = `${series} 1\n`
    const rest = limit % line.length
    // Ends exactly where reading stops, by a number as much longer.
    const beginning =
      line.repeat(Math.floor(limit / line.length) - 3) + `${series} ${'1'.padEnd(1 + Math.floor(rest / 3), '0')}\n`.repeat(3)
    const padding = limit - beginning.length
    const text = `${beginning.slice(0, -1)}${'0'.repeat(padding)}\n${series} 9${'0'.repeat(45)}\n`
    expect(text[limit - 1]).toBe('\n')
    await writeFile(file, text)
    await expect(openFloorsFile(file).read()).rejects.toMatchObject({ code: 'unreadable-input' })
  })

  it('is read with as many series as fit', async () => {
    const line = (i: number) => `tcb-evaluation/${i.toString(16).padStart(64, '0')} ${i}\n`
    await writeFile(file, Array.from({ length: 40_000 }, (_, i) => line(i)).join(''))
    expect(Object.keys(await openFloorsFile(file).read())).toHaveLength(40_000)
  })

  it('that cannot be read or written stops whoever relies on it', async () => {
    await mkdir(file)
    await expect(openFloorsFile(file).read()).rejects.toMatchObject({ code: 'unreadable-input' })
    const missing = join(folder, 'missing', 'floors')
    expect(await openFloorsFile(missing).read()).toEqual({})
    await expect(openFloorsFile(missing).raise({ [series]: '1' })).rejects.toMatchObject({ code: 'unreadable-input' })
  })
})
