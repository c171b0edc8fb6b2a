import { existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ensureSoftHsm } from '../bootstrap/softhsm.mjs'
import { temporaryFolder } from './testing/temporary-folder.ts'

const prepared = fileURLToPath(new URL('../../../.local/softhsm', import.meta.url))
const binding = fileURLToPath(new URL('../../../node_modules/pkcs11js', import.meta.url))
const isPrepared = existsSync(join(prepared, 'libsofthsm2.so')) && existsSync(join(binding, 'build', 'stamp'))

describe.skipIf(!isPrepared)('SoftHSM2', () => {
  test('is taken from the machine where it has one that loads', async () => {
    const [folder, broken] = [join(temporaryFolder(), 'softhsm'), temporaryFolder()]
    writeFileSync(join(broken, 'libsofthsm2.so'), 'no library')
    const found = await ensureSoftHsm({ folder, binding, system: ['/nowhere', broken, prepared] })
    expect(found).toEqual({ module: join(folder, 'libsofthsm2.so') })
    expect(readlinkSync(join(folder, 'libsofthsm2.so'))).toBe(join(prepared, 'libsofthsm2.so'))
    expect(readdirSync(folder).sort()).toEqual(['libsofthsm2.so', 'origin.json'])
  })

  test('that was fetched before is taken without looking further', async () => {
    const folder = temporaryFolder()
    symlinkSync(join(prepared, 'libsofthsm2.so'), join(folder, 'libsofthsm2.so'))
    expect(await ensureSoftHsm({ folder, binding, system: [] })).toEqual({ module: join(folder, 'libsofthsm2.so') })
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })
})

test('an interrupted search leaves no module and no half of one', async () => {
  const folder = join(temporaryFolder(), 'softhsm')
  mkdirSync(folder)
  const abort = new AbortController()
  const searching = ensureSoftHsm({ folder, binding, system: [], say: () => abort.abort(), signal: abort.signal })
  await expect(searching).rejects.toThrow('Interrupted')
  expect(readdirSync(folder)).toEqual([])
})
