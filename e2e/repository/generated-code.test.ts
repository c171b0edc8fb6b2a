import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { repository } from './packages.ts'

test('the generated code is what the protocol files generate', { timeout: 120_000 }, () => {
  const output = mkdtempSync(join(tmpdir(), 'reinraum-generated-'))
  onTestFinished(() => rmSync(output, { recursive: true, force: true }))
  const bin = join(repository, 'node_modules', '.bin')
  execFileSync(join(bin, 'buf'), ['generate', '--output', output], {
    cwd: join(repository, 'proto'),
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  })
  expect(contentOf(join(output, 'src/gen'))).toEqual(contentOf(join(repository, 'proto/src/gen')))
})

function contentOf(folder: string): Readonly<Record<string, string>> {
  const files = globSync('**/*.ts', { cwd: folder }).sort()
  expect(files.length).toBeGreaterThan(5)
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}
