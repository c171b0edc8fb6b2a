import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { setup } from './rooms-folder.ts'

test('after the last test rooms are gone, and what each of their executors keeps outside of them', async () => {
  const memory = await mkdtemp(join(tmpdir(), 'reinraum-scratch-'))
  onTestFinished(() => rm(memory, { recursive: true, force: true }))
  let rooms = ''
  const remove = await setup({
    provide: (_, folder) => {
      rooms = folder
    },
  })
  await mkdir(join(rooms, 'never-started'))
  const scratches = []
  for (const [room, service] of [
    ['one', 'executor'],
    ['one', 'executor-2'],
    ['two', 'executor'],
  ] as const) {
    const [own, scratch] = [join(rooms, room, 'services', service), join(memory, `${room}-${service}`)]
    await Promise.all([mkdir(own, { recursive: true }), mkdir(scratch)])
    await writeFile(join(own, 'config.json'), JSON.stringify({ scratch }))
    await writeFile(join(scratch, 'decrypted'), 'rows')
    scratches.push(scratch)
  }
  const governance = join(rooms, 'one', 'services', 'governance')
  await mkdir(governance)
  await writeFile(join(governance, 'config.json'), '{}')
  await mkdir(join(rooms, 'two', 'services', 'not-configured'))

  await remove()

  expect([rooms, ...scratches].filter((path) => existsSync(path))).toEqual([])
})
