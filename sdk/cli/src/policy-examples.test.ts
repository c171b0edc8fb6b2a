import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from './testing/run-in-process.ts'

// The README of the policy package shows what `query check` says of its examples. `vitest run -u` writes it anew.

const folder = fileURLToPath(new URL('../../policy/', import.meta.url))
const readme = `${folder}README.md`
const text = await readFile(readme, 'utf8')

/** A command, over one or more lines, and what it prints: all of it, or all before the SQL that runs. */
const session = /^```console\n\$ reinraum (query check (?:.*\\\n)*.*)\n([\s\S]*?)^```$/gm
const elided = 'What will run:\n…\n'

/** Arguments as a shell in the folder of the examples would give them. */
function argumentsOf(command: string): readonly string[] {
  return command.split(/[\s\\]+/).map((word) => word.replace(/^([a-z]+=)?([a-z]+\/)/, `$1${folder}examples/$2`))
}

const asked: { readonly block: string; readonly command: string; readonly output: string; exitCode: number; out: string }[] = []

beforeAll(async () => {
  for (const [block, command = '', output = ''] of text.matchAll(session)) {
    const { exitCode, out } = await runInProcess(argumentsOf(command))
    asked.push({ block, command, output, exitCode, out })
  }
})

describe('the README of the rules', () => {
  it('shows what its commands print', async () => {
    const shown = asked.reduce((readmeSoFar, { block, command, output, out }) => {
      const printed = output.endsWith(elided) ? out.replace(/^What will run:\n[\s\S]*/m, elided) : out
      return readmeSoFar.replace(block, () => `\`\`\`console\n$ reinraum ${command}\n${printed}\`\`\``)
    }, text)
    await expect(shown).toMatchFileSnapshot(readme)
  })

  it('asks each query among the examples, and is refused where its name says so', async () => {
    const files = (await readdir(`${folder}examples`, { recursive: true })).filter((file) => file.includes('.'))
    const unused = files.filter((file) => !asked.some(({ command }) => command.includes(file)))
    expect(unused).toEqual(['aggregation/visits.sql'])
    expect(asked.length).toBeGreaterThan(7)
    for (const { command, exitCode } of asked) {
      expect({ command, exitCode }).toEqual({ command, exitCode: command.includes('/refused') ? 2 : 0 })
    }
  })
})
