import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isNativeError } from 'node:util/types'
import { build, type Plugin } from 'rolldown'
import { inject } from 'vitest'
import type {} from './run-folder.ts'

/** The key service's process of the tests, which starts for half of what its 700 sources take. */
export interface BundledChild {
  readonly file: string
  /** what V8 compiled, for the next start */
  readonly compiled: string
}

// What reads files finds them beside its source, as if it were not bundled.
const whereItsSourceIs: Plugin = {
  name: 'where-its-source-is',
  transform(code, id) {
    const url = JSON.stringify(pathToFileURL(id).href)
    const folder = JSON.stringify(dirname(id))
    const changed = code.replaceAll('import.meta.url', url).replaceAll(/\b__dirname\b/g, folder)
    return changed === code ? null : { code: changed, map: null }
  },
}

/** Bundles the real sources, once for all test files of a run. */
export async function bundledChild(): Promise<BundledChild> {
  const folder = inject('runFolder')
  const file = join(folder, 'key-service-child.mjs')
  // Whoever makes the folder makes the bundle; test files run beside each other.
  if (await isFirst(join(folder, 'bundling'))) await bundle(file)
  for (let waited = 0; !existsSync(file); waited += 1) {
    if (waited > 1200) throw new Error('another test file was to bundle the key service, and did not')
    await sleep(50)
  }
  return { file, compiled: join(folder, 'compiled') }
}

async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    if (isNativeError(error) && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function bundle(file: string): Promise<void> {
  const unfinished = `${file}.unfinished`
  await build({
    input: fileURLToPath(new URL('./key-service-child.ts', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['source', 'node', 'import', 'default'] },
    // A native module, loaded only where a token is.
    external: ['pkcs11js'],
    plugins: [whereItsSourceIs],
    output: { file: unfinished, format: 'esm', codeSplitting: false, minify: { compress: false, mangle: false, codegen: true } },
  })
  await rename(unfinished, file)
}
