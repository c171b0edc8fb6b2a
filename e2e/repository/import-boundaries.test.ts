import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { type OwnPackage, readPackages, repository } from './packages.ts'

const packages = readPackages()
const named = (name: string): OwnPackage => packages.find((own) => own.name === name) ?? expect.fail(`no package ${name}`)

// What each package may import of ours: the direction in which the design reads.
const sdk = ['crypto', 'attestation', 'statements', 'privacy', 'policy', 'rpc']
const service = ['proto', ...sdk, 'envelope', 'kit', 'pki', 'testing']
const allowed: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  crypto: [],
  envelope: ['crypto'],
  pki: [],
  privacy: [],
  attestation: ['crypto'],
  statements: ['crypto', 'attestation', 'privacy'],
  policy: ['crypto', 'statements', 'privacy'],
  rpc: ['proto', 'crypto', 'attestation', 'statements', 'pki'],
  testing: ['crypto', 'statements', 'rpc', 'pki'],
  client: ['proto', ...sdk, 'envelope', 'testing'],
  cli: ['proto', ...sdk, 'client'],
  kit: ['proto', 'crypto', 'attestation', 'statements', 'rpc', 'pki'],
  governance: service,
  ingestion: service,
  // No engine and no parser of queries beside the keys.
  keys: service.filter((name) => name !== 'policy'),
  executor: service,
  release: service,
  local: ['proto', ...sdk, 'client', 'kit', 'pki'],
  // The benchmark measures the executor's own data path, without the services around it.
  e2e: ['proto', ...sdk, 'envelope', 'client', 'cli', 'kit', 'local', 'executor'],
}

test('every package is in the table of who may import whom', () => {
  expect(packages.map(({ name }) => name).sort()).toEqual(Object.keys(allowed).sort())
})

test('a package depends only on what lies beneath it; no service on another', () => {
  for (const { name, dependencies } of packages) {
    expect({ name, beyond: dependencies.filter((dependency) => !allowed[name]?.includes(dependency)) }).toEqual({
      name,
      beyond: [],
    })
  }
})

test('what a file imports, its package declares', () => {
  for (const { dependencies, sources } of packages) {
    for (const { path, imports } of sources) {
      const own = imports.filter((target) => target.startsWith('@reinraum/')).map((target) => target.slice('@reinraum/'.length))
      // A path behind the name would reach past src/index.ts; no package is called that.
      expect({ path, undeclared: own.filter((target) => !dependencies.includes(target)) }).toEqual({ path, undeclared: [] })
    }
  }
})

// A key service is an authority of its own, for executors whose evidence it appraised: it needs the one encoder that there is.
const issuers: Readonly<Record<string, string>> = { local: 'pki.ts', keys: 'workload-identity/' }

test('certificates are issued only where a room is started, by key services after an appraisal, and by tests', () => {
  for (const { name, folder, production, sources } of packages.filter((own) => own.name !== 'testing')) {
    const users = sources.filter(({ path, imports }) => !isTest(path) && imports.includes('@reinraum/pki'))
    const place = issuers[name]
    const elsewhere = users.filter(({ path }) => place === undefined || !path.startsWith(`${folder}/src/${place}`))
    expect({ name, production: production.includes('pki'), elsewhere: elsewhere.map(({ path }) => path) }).toEqual({
      name,
      production: place !== undefined,
      elsewhere: [],
    })
  }
})

test('no package runs with test support, and only tests import it', () => {
  for (const { name, production, sources } of packages) {
    const users = sources.filter(({ path, imports }) => !isTest(path) && imports.includes('@reinraum/testing'))
    expect({ name, production: production.includes('testing'), users: users.map(({ path }) => path) }).toEqual({
      name,
      production: false,
      users: [],
    })
  }
})

test('no file reaches into another package by its path', () => {
  for (const { folder, sources } of packages) {
    for (const { path, imports } of sources) {
      const reached = imports.filter((target) => target.startsWith('.')).map((target) => normalize(join(path, '..', target)))
      expect({ path, outside: reached.filter((target) => !target.startsWith(`${folder}/`)) }).toEqual({ path, outside: [] })
    }
  }
})

test('a package offers one entrance', () => {
  for (const { name, exports } of packages) expect({ name, exports }).toEqual({ name, exports: name === 'e2e' ? [] : ['.'] })
})

test('project references follow the dependencies', () => {
  for (const { name, references, dependencies } of packages) {
    expect({ name, references: [...references].sort() }).toEqual({ name, references: [...new Set(dependencies)].sort() })
  }
})

test('nothing that the key service runs with holds DuckDB or a query parser', () => {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')).packages
  const reached = closureOf('services/keys', lock)
  expect(reached).toContain('node_modules/@reinraum/kit')
  expect(reached.filter((path) => /duckdb|policy|sql-?parser/i.test(path))).toEqual([])
  expect(closureOf('services/executor', lock).filter((path) => path.includes('duckdb')).length).toBeGreaterThan(0)
})

test('only what reads or writes tables holds DuckDB', () => {
  const users = packages.filter(({ sources }) =>
    sources.some(({ imports }) => imports.some((target) => target.includes('duckdb'))),
  )
  expect(users.map(({ name }) => name).sort()).toEqual(['client', 'e2e', 'executor', 'policy'])
})

test('the cryptography and the statements do no I/O; the appraisal reaches no network', () => {
  const forbidden = {
    crypto: /^(node:)?(fs|net|tls|http|https|http2|dgram|child_process)(\/|$)/,
    statements: /^(node:)?(fs|net|tls|http|https|http2|dgram|child_process)(\/|$)/,
    attestation: /^(node:)?(net|tls|http|https|http2|dgram|dns|child_process)(\/|$)/,
  }
  for (const [name, modules] of Object.entries(forbidden)) {
    const sources = named(name).sources.filter(({ path }) => !isTest(path))
    expect(sources.length).toBeGreaterThan(5)
    for (const { path, imports } of sources) {
      expect({ path, forbidden: imports.filter((target) => modules.test(target)) }).toEqual({ path, forbidden: [] })
    }
  }
})

test('attestation touches files only where evidence comes from the kernel', () => {
  const readers = named('attestation').sources.filter(
    ({ path, imports }) => !isTest(path) && imports.some((target) => /^(node:)?fs(\/|$)/.test(target)),
  )
  expect(readers.length).toBeGreaterThan(0)
  expect(readers.map(({ path }) => path).filter((path) => !path.startsWith('sdk/attestation/src/configfs-tsm/'))).toEqual([])
})

test('the simulated hardware is made only where a room is started and evidence is asked for', () => {
  const callers = (called: RegExp) =>
    packages
      .filter(({ sources }) =>
        sources.some(({ path }) => !isTest(path) && called.test(readFileSync(join(repository, path), 'utf8'))),
      )
      .map(({ name }) => name)
      .filter((name) => name !== 'e2e')
      .sort()
  expect(callers(/\bsimulated(?:Tdx)?Attester\(/)).toEqual(['attestation', 'kit'])
  expect(callers(/\bopenAttester\(/)).toEqual(['executor', 'keys', 'kit'])
  expect(named('statements').dependencies).toContain('attestation')
})

function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || /\/(testing|test-support)\//.test(path)
}

type Lock = Readonly<
  Record<
    string,
    {
      readonly resolved?: string
      readonly link?: boolean
      readonly dependencies?: object
      readonly optionalDependencies?: object
    }
  >
>

/** Every path of the lock file that a package runs with, found as Node finds it: from its own folder upwards. */
function closureOf(folder: string, lock: Lock): readonly string[] {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    const entry = lock[path]
    if (entry === undefined || reached.has(path)) return
    reached.add(path)
    if (entry.link && entry.resolved !== undefined) visit(entry.resolved)
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const places = ancestorsOf(path).map((ancestor) => join(ancestor, 'node_modules', name))
      const place = places.find((candidate) => lock[candidate] !== undefined)
      if (place !== undefined) visit(place)
    }
  }
  visit(folder)
  return [...reached]
}

function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/')
  return [...parts.keys()].map((index) => parts.slice(0, parts.length - index).join('/')).concat('')
}
