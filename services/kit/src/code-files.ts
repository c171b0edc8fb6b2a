import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'

export interface CodeFile {
  /** relative to the repository, with `/` */
  readonly path: string
  readonly bytes: Uint8Array
}

// services/kit/{src,dist}/code-files.*
const repository = fileURLToPath(new URL('../../..', import.meta.url))
// Run from sources, the sources are what runs; run from a build, the build is.
const [folder, extension] = import.meta.url.endsWith('.ts') ? (['src', '.ts'] as const) : (['dist', '.js'] as const)
const workspaces = ['proto', 'sdk', 'services']
const ownScope = '@reinraum/'
const testFolders = ['testing', 'test-support']

const manifestSchema = z.object({ name: z.string(), dependencies: z.record(z.string(), z.string()).default({}) })

/**
 * The code that a service runs: its own and that of every package of ours that it depends on, directly or not, and the lock
 * file, which pins everything else. What is there only for tests is left out.
 * @param service folder under `services/`
 * @throws ReinraumError `not-found` when the code does not lie where it is expected
 */
export async function listCodeFiles(service: string, root: string = repository): Promise<readonly CodeFile[]> {
  const packages = await readPackages(root)
  const closure = new Set<string>()
  const visit = (name: string): void => {
    const found = packages.get(name)
    if (found === undefined) throw new ReinraumError('not-found', `there is no package ${name} here`)
    if (closure.has(name)) return
    closure.add(name)
    for (const dependency of found.dependencies) visit(dependency)
  }
  visit(`${ownScope}${service}`)
  const paths = [join(root, 'package-lock.json')]
  for (const name of [...closure].sort()) paths.push(...(await codeIn(join(packages.get(name)?.path ?? '', folder))))
  return Promise.all(
    paths.map(async (path) => ({ path: relative(root, path).split(sep).join('/'), bytes: new Uint8Array(await readFile(path)) })),
  )
}

interface OwnPackage {
  readonly path: string
  readonly dependencies: readonly string[]
}

async function readPackages(root: string): Promise<ReadonlyMap<string, OwnPackage>> {
  const packages = new Map<string, OwnPackage>()
  for (const workspace of workspaces) {
    const inside = workspace === 'proto' ? ['.'] : await readdir(join(root, workspace))
    for (const entry of inside) {
      const path = join(root, workspace, entry)
      const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => undefined)
      if (text === undefined) continue
      const { name, dependencies } = manifestSchema.parse(JSON.parse(text))
      packages.set(name, {
        path,
        dependencies: Object.keys(dependencies).filter((dependency) => dependency.startsWith(ownScope)),
      })
    }
  }
  return packages
}

async function codeIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((cause) => {
    throw new ReinraumError('not-found', 'the code does not lie where it is expected', { cause })
  })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const inside = relative(path, file).split(sep)
      return file.endsWith(extension) && !file.endsWith(`.test${extension}`) && !testFolders.some((name) => inside.includes(name))
    })
}
