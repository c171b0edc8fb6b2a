import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** One package of ours, as it lies in the tree. */
export interface OwnPackage {
  /** without the scope: `crypto` */
  readonly name: string
  /** relative to the repository */
  readonly folder: string
  readonly exports: readonly string[]
  /** Packages of ours that it depends on, for production and for its tests. */
  readonly dependencies: readonly string[]
  /** Those of them that it runs with. */
  readonly production: readonly string[]
  /** What its tsconfig.json refers to, as package names. */
  readonly references: readonly string[]
  readonly sources: readonly SourceFile[]
}

export interface SourceFile {
  /** relative to the repository */
  readonly path: string
  /** What stands in its import and export declarations and in `import()`. */
  readonly imports: readonly string[]
}

const scope = '@reinraum/'

export function readPackages(): readonly OwnPackage[] {
  const manifests = globSync(
    ['proto', 'sdk/*', 'services/*', 'deploy/local', 'e2e'].map((folder) => `${folder}/package.json`),
    {
      cwd: repository,
    },
  )
  const nameOf = (folder: string): string => readJson(join(folder, 'package.json')).name.replace(scope, '')
  return manifests.map((file) => {
    const folder = dirname(file)
    const { exports = {}, dependencies = {}, devDependencies = {} } = readJson(file)
    const { references = [] } = readJson(join(folder, 'tsconfig.json'))
    return {
      name: nameOf(folder),
      folder,
      exports: Object.keys(exports),
      dependencies: ownNames([...Object.keys(dependencies), ...Object.keys(devDependencies)]),
      production: ownNames(Object.keys(dependencies)),
      references: references.map(({ path }: { path: string }) => nameOf(relative(repository, join(repository, folder, path)))),
      sources: readSources(folder),
    }
  })
}

function ownNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.startsWith(scope)).map((name) => name.slice(scope.length))
}

function readSources(folder: string): readonly SourceFile[] {
  const files = globSync(`${folder}/**/*.ts`, {
    cwd: repository,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(`${path}`),
  })
  return files
    .filter((path) => !path.includes('/dist/') && !path.includes('/node_modules/'))
    .map((path) => {
      const text = readFileSync(join(repository, path), 'utf8')
      const found = text.matchAll(/^(?:import|export|\})(?:[^'"`;]*?\sfrom)?\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm)
      return { path, imports: [...found].map(([, declared, dynamic]) => declared ?? dynamic ?? '') }
    })
}

// biome-ignore lint/suspicious/noExplicitAny: package.json and tsconfig.json of our own
function readJson(file: string): any {
  return JSON.parse(readFileSync(join(repository, file), 'utf8').replace(/^\s*\/\/.*$/gm, ''))
}
