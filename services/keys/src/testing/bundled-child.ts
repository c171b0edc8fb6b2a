import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'rolldown'

/** The key service's process of the tests in one file, which starts for half of what its 700 sources take. */
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

/** Bundles the real sources, lends the bundle, and removes it. */
export async function withBundledChild<T>(use: (child: BundledChild) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-child-'))
  const file = join(folder, 'key-service-child.mjs')
  try {
    await build({
      input: fileURLToPath(new URL('./key-service-child.ts', import.meta.url)),
      platform: 'node',
      resolve: { conditionNames: ['source', 'node', 'import', 'default'] },
      // A native module, loaded only where a token is.
      external: ['pkcs11js'],
      plugins: [whereItsSourceIs],
      output: { file, format: 'esm', codeSplitting: false, minify: { compress: false, mangle: false, codegen: true } },
    })
    return await use({ file, compiled: join(folder, 'compiled') })
  } finally {
    await rm(folder, { recursive: true })
  }
}
