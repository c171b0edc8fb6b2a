import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ensurePkcs11Binding } from '../bootstrap/pkcs11-binding.mjs'
import { temporaryFolder } from './testing/temporary-folder.ts'

const installed = fileURLToPath(new URL('../../../node_modules/pkcs11js', import.meta.url))

/** A repository in which npm has just put pkcs11js. */
function freshRoot(): { readonly root: string; readonly folder: string } {
  const root = temporaryFolder()
  const folder = join(root, 'node_modules', 'pkcs11js')
  mkdirSync(folder, { recursive: true })
  for (const part of ['package.json', 'index.js', 'src', 'includes']) {
    cpSync(join(installed, part), join(folder, part), { recursive: true })
  }
  return { root, folder }
}

/** A compiler that answers `--version` and then does this. */
function compiler(does: string): string {
  const file = join(temporaryFolder(), 'c++')
  writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exit 0\nfor out; do :; done\n${does}\n`)
  chmodSync(file, 0o755)
  return file
}

test('where there is no compiler it says so, and leaves the package as it was', async () => {
  const { root, folder } = freshRoot()
  const { problem } = await ensurePkcs11Binding({ root, compilers: ['no-such-compiler'] })
  expect(problem).toBe('no C++ compiler is here (no-such-compiler)')
  expect(readdirSync(folder).sort()).toEqual(['includes', 'index.js', 'package.json', 'src'])
})

test('where npm left the optional package out it says so', async () => {
  expect(await ensurePkcs11Binding({ root: temporaryFolder() })).toEqual({ problem: 'npm did not install pkcs11js' })
})

test('a compiler that fails, or makes something that does not load, leaves nothing behind', async () => {
  const { root, folder } = freshRoot()
  const failing = compiler('echo "main.cpp:1: fatal error: no such header" >&2; exit 1')
  expect((await ensurePkcs11Binding({ root, compilers: [failing] })).problem).toMatch(/cannot compile it: .*no such header/)
  const careless = compiler('echo nothing > "$out"')
  expect((await ensurePkcs11Binding({ root, compilers: [careless] })).problem).toBe('what was built does not load')
  expect(readdirSync(folder).sort()).toEqual(['includes', 'index.js', 'package.json', 'src'])
})

test('an interruption leaves no half of it', async () => {
  const { root, folder } = freshRoot()
  const abort = new AbortController()
  const building = ensurePkcs11Binding({
    root,
    compilers: [compiler('sleep 60')],
    signal: abort.signal,
    say: () => abort.abort(),
  })
  await expect(building).rejects.toThrow('Interrupted')
  expect(readdirSync(folder).sort()).toEqual(['includes', 'index.js', 'package.json', 'src'])
})

const built = join(installed, 'build', 'Release', 'pkcs11.node')
test.skipIf(!existsSync(built))('it is built once for each version of the package', async () => {
  const { root, folder } = freshRoot()
  // The compiler's own work takes seconds, and was done when these tests were prepared.
  const copying = compiler(`cp '${built}' "$out"`)
  expect(await ensurePkcs11Binding({ root, compilers: [copying] })).toEqual({ folder })
  const { PKCS11 } = createRequire(import.meta.url)(folder)
  expect(new PKCS11()).toHaveProperty('C_WrapKey')
  expect(await ensurePkcs11Binding({ root, compilers: [] })).toEqual({ folder })

  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: '99.0.0' }))
  expect((await ensurePkcs11Binding({ root, compilers: [] })).problem).toMatch(/no C\+\+ compiler/)
})
