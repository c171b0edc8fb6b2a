import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { listCodeFiles } from './code-files.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

async function copyOfTheCode(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'reinraum-code-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const files = await listCodeFiles('keys')
  for (const { path } of files) await cp(join(repository, path), join(root, path))
  const packages = new Set(files.flatMap(({ path }) => /^(.+?)\/src\//.exec(path)?.[1] ?? []))
  for (const path of packages) await cp(join(repository, path, 'package.json'), join(root, path, 'package.json'))
  return root
}

async function contentOf(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map((await listCodeFiles('keys', root)).map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]))
}

test('the code of a service is its own, that of what it imports, and the lock file', async () => {
  const paths = (await listCodeFiles('keys')).map(({ path }) => path)
  expect(paths).toContain('package-lock.json')
  expect(paths).toContain('services/keys/src/main.ts')
  expect(paths).toContain('services/kit/src/code-files.ts')
  expect(paths).toContain('sdk/crypto/src/index.ts')
  expect(paths).toContain('proto/src/index.ts')
  expect(paths.filter((path) => dirname(path).startsWith('sdk/policy') || path.startsWith('services/governance'))).toEqual([])
  expect(paths.filter((path) => path.includes('.test.') || /\/(testing|test-support)\//.test(path))).toEqual([])
  expect(new Set(paths).size).toBe(paths.length)
})

test('the list does not depend on where the code lies', async () => {
  expect(await contentOf(await copyOfTheCode())).toEqual(await contentOf(repository))
})

test('a changed file of an imported package changes what is measured', async () => {
  const root = await copyOfTheCode()
  await writeFile(join(root, 'sdk/crypto/src/hash.ts'), '// another')
  expect((await contentOf(root)).get('sdk/crypto/src/hash.ts')).toBe('// another')
})

test('an unknown service is refused', async () => {
  await expect(listCodeFiles('nobody')).rejects.toMatchObject({ code: 'not-found' })
})
