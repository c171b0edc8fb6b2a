import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadBinding } from './binding.ts'

test('a binding that is installed and not built is said to be so, and how to build it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-binding-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const installed = dirname(createRequire(import.meta.url).resolve('pkcs11js/package.json'))
  await cp(join(installed, 'index.js'), join(folder, 'index.cjs'))
  await expect(loadBinding(join(folder, 'index.cjs'))).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('bootstrap.mjs install'),
  })
})
