import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { loadProgram } from './program.ts'

test('a program is all that it imports from beside it, once, without types and under names of modules', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-program-'))
  try {
    await writeFile(join(folder, 'main.ts'), "import { a } from './a.ts'\nimport { b } from './b.ts'\nconst n: number = a + b\n")
    await writeFile(
      join(folder, 'a.ts'),
      "import type { T } from './types.ts'\nimport { b } from './b.ts'\nexport const a: T = b\n",
    )
    await writeFile(join(folder, 'b.ts'), "import { c } from 'elsewhere'\nexport const b: number = c // from './a.txt'\n")
    const { path, modules } = loadProgram(pathToFileURL(join(folder, 'main.ts')))
    expect(path).toBe(join(folder, 'main.ts'))
    expect(modules.map((module) => module.path)).toEqual(['main', 'a', 'b'].map((name) => join(folder, `${name}.mjs`)))
    const text = modules.map((module) => module.text).join('')
    expect(text.match(/'.*'/g)).toEqual(["'./a.mjs'", "'./b.mjs'", "'./b.mjs'", "'elsewhere'", "'./a.txt'"])
    expect(text).not.toMatch(/number|types/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
