import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { eventually, isAlive } from './testing/processes.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const here = fileURLToPath(new URL('..', import.meta.url))

/** A repository with nothing but the bootstrap, a program that says what happens to it, and a folder as its only package. */
function repositoryWith(program: string): string {
  const root = temporaryFolder()
  mkdirSync(join(root, 'deploy/local/src'), { recursive: true })
  cpSync(join(here, 'bootstrap.mjs'), join(root, 'deploy/local/bootstrap.mjs'))
  cpSync(join(here, 'bootstrap'), join(root, 'deploy/local/bootstrap'), { recursive: true })
  writePackages(root, '1.0.0', ['dependency'])
  writeFileSync(join(root, 'deploy/local/src/start.ts'), program)
  mkdirSync(join(root, '.local/nats'), { recursive: true })
  writeFileSync(join(root, '.local/nats/nats-server'), '#!/bin/sh\necho "nats-server: v2.10.27"\n', { mode: 0o755 })
  mkdirSync(join(root, '.local/s3'), { recursive: true })
  writeFileSync(join(root, '.local/s3/s3-server'), '#!/bin/sh\n', { mode: 0o755 })
  return root
}

/** The repository's own packages, and a lock file that names them. */
function writePackages(root: string, version: string, names: readonly string[]): void {
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:${name}`]))
  for (const name of names) {
    mkdirSync(join(root, name), { recursive: true })
    writeJson(join(root, name, 'package.json'), { name, version: '1.0.0' })
  }
  writeJson(join(root, 'package.json'), { name: 'x', version: '1.0.0', dependencies })
  const own = names.flatMap((name) => [
    [name, { version: '1.0.0' }],
    [`node_modules/${name}`, { resolved: name, link: true }],
  ])
  const packages = { '': { name: 'x', version, dependencies }, ...Object.fromEntries(own) }
  writeJson(join(root, 'package-lock.json'), { name: 'x', version, lockfileVersion: 3, packages })
}

function writeJson(file: string, content: object): void {
  writeFileSync(file, JSON.stringify(content))
}

/** Starts the bootstrap; what npm would have set is not there, so that it looks for npm in PATH. */
function start(root: string, args: readonly string[], path = process.env.PATH) {
  const child = spawn(process.execPath, [join(root, 'deploy/local/bootstrap.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: path, HOME: root },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (text) => {
    output.out += text
  })
  child.stderr.on('data', (text) => {
    output.err += text
  })
  return { child, output, ended: exitOf(child) }
}

function exitOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
}

const says = `console.log(JSON.stringify(process.argv.slice(2))); process.exit(7)`
const stays = `
  process.on('SIGINT', () => { console.log('asked'); setTimeout(() => process.exit(3), 100) })
  console.log('pid ' + process.pid)
  setInterval(() => {}, 1000)`

function pidIn(text: string): number {
  return Number(/pid (\d+)/.exec(text)?.[1] ?? 0)
}

/** PATH with another npm in front. */
function pathWithNpm(root: string, script: string): string {
  const folder = join(root, 'another-npm')
  mkdirSync(folder)
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'npm'), 0o755)
  return `${folder}:${process.env.PATH}`
}

function hangingNpm(root: string): string {
  return pathWithNpm(root, `echo $$ > ${root}/npm.pid; exec sleep 600`)
}

test('it installs once, runs the program with its arguments, and passes its exit code on', async () => {
  const root = repositoryWith(says)
  const first = start(root, ['start', '--', '--once', '--', 'x'])
  expect(await first.ended).toBe(7)
  expect(JSON.parse(first.output.out)).toEqual(['--once', '--', 'x'])
  expect(first.output.err).toContain('Installing npm packages')
  expect(existsSync(join(root, 'node_modules/dependency/package.json'))).toBe(true)

  const second = start(root, ['start'])
  expect(await second.ended).toBe(7)
  expect(second.output.err).toBe('')

  writePackages(root, '1.0.1', ['dependency'])
  writeJson(join(root, 'node_modules/.package-lock.json'), { packages: {} })
  const changed = start(root, ['start'])
  expect(await changed.ended).toBe(7)
  expect(readFileSync(join(root, '.local/packages.sha256'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
})

test('a package of ours that came with an update is linked before the program starts', async () => {
  const root = repositoryWith(says)
  expect(await start(root, ['start']).ended).toBe(7)
  writePackages(root, '1.0.1', ['dependency', 'newcomer'])
  const updated = start(root, ['start'])
  expect(await updated.ended).toBe(7)
  expect(updated.output.err).toContain('Installing npm packages')
  expect(existsSync(join(root, 'node_modules/newcomer/package.json'))).toBe(true)
})

test('Ctrl-C reaches the program, whose own end is waited for', async () => {
  const root = repositoryWith(stays)
  const { child, output, ended } = start(root, ['start'])
  await eventually(() => pidIn(output.out) > 0, 30_000)
  child.kill('SIGINT')
  expect(await ended).toBe(3)
  expect(output.out).toContain('asked')
  expect(isAlive(pidIn(output.out))).toBe(false)
})

test('a program whose launcher is killed outright ends as well', async () => {
  const root = repositoryWith(stays)
  const { child, output } = start(root, ['start'])
  await eventually(() => pidIn(output.out) > 0, 30_000)
  child.kill('SIGKILL')
  await eventually(() => !isAlive(pidIn(output.out)))
})

test('an interrupted installation leaves nothing running and no stamp', async () => {
  const root = repositoryWith(says)
  const { child, output, ended } = start(root, ['start'], hangingNpm(root))
  await eventually(() => existsSync(join(root, 'npm.pid')), 30_000)
  const npm = Number(readFileSync(join(root, 'npm.pid'), 'utf8'))
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(output.err).toContain('Interrupted; nothing is left running.')
  await eventually(() => !isAlive(npm))
  expect(readdirSync(join(root, '.local'))).toEqual(['nats', 's3'])
})

test('a second start waits while the first installs, and goes on when it is killed', async () => {
  const root = repositoryWith(says)
  const first = start(root, ['start'], hangingNpm(root))
  await eventually(() => existsSync(join(root, 'npm.pid')), 30_000)
  const second = start(root, ['start'])
  await eventually(() => second.output.err.includes(`(process ${first.child.pid}) is installing`), 30_000)
  first.child.kill('SIGKILL')
  expect(await second.ended).toBe(7)
})

test('what npm says about a failure is passed on, with exit code 1', async () => {
  const root = repositoryWith(says)
  const path = pathWithNpm(root, 'echo "npm error 404 not found: other@1.0.0" >&2; exit 1')
  const { output, ended } = start(root, ['start'], path)
  expect(await ended).toBe(1)
  expect(output.err).toMatch(/npm could not install the packages:\nnpm error 404 not found: other@1\.0\.0\n$/)
  expect(existsSync(join(root, '.local/packages.sha256'))).toBe(false)
})

test('what only some tests need is never missed by the rest, nor looked for by a start', async () => {
  const root = repositoryWith('')
  const prepared = start(root, ['install'])
  expect(await prepared.ended).toBe(0)
  expect(prepared.output.err).toMatch(/^Going on without the PKCS#11 binding, .*: npm did not install pkcs11js\.$/m)
  rmSync(join(root, '.local/s3'), { recursive: true })
  const started = start(root, ['start'])
  expect(await started.ended).toBe(0)
  expect(started.output.err).not.toMatch(/PKCS#11|moto|S3/)
  expect(existsSync(join(root, '.local/s3'))).toBe(false)
})

test('the Node that npm installed is the one that runs the program', async () => {
  const root = repositoryWith('')
  expect(await start(root, ['install']).ended).toBe(0)
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  const marker = join(root, 'marker')
  writeFileSync(marker, `#!/bin/sh\n[ "$1" = --version ] && exec ${process.execPath} --version\necho npm-installed; exit 9\n`)
  chmodSync(marker, 0o755)
  symlinkSync(marker, join(root, 'node_modules/.bin/node'))
  const { output, ended } = start(root, ['start'])
  expect(await ended).toBe(9)
  expect(output.out).toBe('npm-installed\n')
})

test('an unknown command is a sentence', async () => {
  const root = repositoryWith(says)
  const { output, ended } = start(root, ['constructor'])
  expect(await ended).toBe(1)
  expect(output.err).toMatch(/^Usage: node deploy\/local\/bootstrap\.mjs start\|test/)
})

test('a Node that is too old is told so before anything is loaded', async () => {
  const root = repositoryWith(says)
  const file = join(root, 'deploy/local/bootstrap.mjs')
  const old = `Object.defineProperty(process.versions, 'node', { value: '18.20.4' }); import(${JSON.stringify(file)})`
  const child = spawn(process.execPath, ['-e', old], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stderr.on('data', (part) => {
    text += part
  })
  expect(await exitOf(child)).toBe(1)
  expect(text).toMatch(/^Reinraum needs Node 20 or newer to start/)
  expect(existsSync(join(dirname(file), '../../node_modules'))).toBe(false)
})
