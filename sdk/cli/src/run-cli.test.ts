import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from './testing/run-in-process.ts'

let directory: string
const at = (name: string) => join(directory, name)
const run = `sha256:${'a'.repeat(64)}`

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-cli-'))
  await cli('identity', 'create', '--out', at('me.json'), '--public', at('me.public.json'))
  await writeFile(at('room.json'), JSON.stringify(roomAt(await closedPort())))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const cli = (...argv: readonly string[]) => runInProcess(argv)

const roomAt = (port: number) => ({
  kind: 'reinraum/room/v1',
  ca: '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
  governance: `127.0.0.1:${port}`,
  ingestion: `127.0.0.1:${port}`,
  release: `127.0.0.1:${port}`,
  keyServices: {},
})

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('an identity', () => {
  it('is made whole or not at all: its file and the public keys', async () => {
    const made = await cli('identity', 'create', '--out', at('other.json'), '--public', at('me.public.json'))
    expect(made).toMatchObject({ exitCode: 1, out: '', err: expect.stringMatching(/exists already \(already-exists\)\n$/) })
    expect((await readdir(directory)).filter((name) => name.startsWith('other') || name.startsWith('.'))).toEqual([])
  })

  it('is never written over', async () => {
    const before = await readFile(at('me.json'), 'utf8')
    expect((await cli('identity', 'create', '--out', at('me.json'))).exitCode).toBe(1)
    expect(await readFile(at('me.json'), 'utf8')).toBe(before)
    expect((await stat(at('me.json'))).mode & 0o077).toBe(0)
  })

  it('that cannot be written is an error of its own', async () => {
    const { exitCode, err } = await cli('identity', 'create', '--out', at('nowhere/me.json'))
    expect({ exitCode, err }).toEqual({
      exitCode: 1,
      err: `reinraum: cannot write ${at('nowhere/me.json')} (unreadable-input)\n`,
    })
  })

  it('that does not fit on the disk leaves nothing behind', async () => {
    const node = [
      process.execPath,
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'main.ts'),
    ]
    const folder = await mkdtemp(join(directory, 'full-'))
    // Files of at most 2 KiB: the system refuses to write more, as on a full disk. POSIX counts in blocks of 512 bytes.
    const argv = ['-c', 'ulimit -f 4 && exec "$@"', 'sh', ...node, 'identity', 'create', '--out', join(folder, 'me.json')]
    const failure = await promisify(execFile)('sh', argv).then(
      () => undefined,
      (error: { code: number; stderr: string }) => ({ code: error.code, stderr: error.stderr }),
    )
    expect(failure).toEqual({ code: 1, stderr: `reinraum: no room left for ${join(folder, 'me.json')} (storage-full)\n` })
    expect(await readdir(folder)).toEqual([])
  })
})

describe('what a command needs and does not get is said in one sentence:', () => {
  const status = (...more: string[]) => cli('run', 'status', run, ...more)

  it.each([
    ['no identity named', [], 'invalid-argument'],
    ['a missing identity file', ['--identity', 'missing.json'], 'unreadable-input'],
    ['an empty one', ['--identity', 'empty.json'], 'unreadable-input'],
    ['one that is a folder', ['--identity', '.'], 'unreadable-input'],
    ['one that is not JSON', ['--identity', 'prose.json'], 'unreadable-input'],
    ['one that is not text', ['--identity', 'bytes.json'], 'unreadable-input'],
    ['the public half of one', ['--identity', 'me.public.json'], 'invalid-identity'],
    ['one whose signing key is cut off', ['--identity', 'cut.json'], 'invalid-identity'],
    ['one whose halves belong to different keys', ['--identity', 'mixed.json'], 'invalid-identity'],
  ])('%s', async (_, options, code) => {
    const identity = JSON.parse(await readFile(at('me.json'), 'utf8'))
    const changed = (d: string) => {
      const copy = structuredClone(identity)
      copy.signing.ed25519.d = d
      return JSON.stringify(copy)
    }
    await writeFile(at('empty.json'), '')
    await writeFile(at('prose.json'), 'my identity is secret')
    await writeFile(at('bytes.json'), new Uint8Array([0x7b, 0xff, 0xfe]))
    await writeFile(at('cut.json'), changed('AAAA'))
    await writeFile(at('mixed.json'), changed('A'.repeat(43)))
    const named = options.map((option) => (option.startsWith('--') ? option : at(option)))
    const answer = await status(...named, '--room', at('room.json'))
    expect(answer).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(new RegExp(`^reinraum: .+ \\(${code}\\)\\n$`)),
    })
    expect(answer.err).not.toContain('AAAA')
  })

  it.each([
    ['no room named', [], 'invalid-argument', '--room'],
    ['a missing room file', ['--room', 'missing.json'], 'unreadable-input', 'cannot read'],
    ['a file that is no room', ['--room', 'me.public.json'], 'invalid-argument', 'is no room file'],
  ])('%s', async (_, options, code, sentence) => {
    const named = options.map((option) => (option.startsWith('--') ? option : at(option)))
    const { exitCode, err } = await status(...named, '--identity', at('me.json'))
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining(`(${code})`) })
    expect(err).toContain(sentence)
  })

  it('a service that nobody reaches, by its name', async () => {
    const { exitCode, err } = await status('--identity', at('me.json'), '--room', at('room.json'))
    expect({ exitCode, err }).toEqual({
      exitCode: 1,
      err: expect.stringMatching(/^reinraum: governance: 127\.0\.0\.1:\d+ is not reachable \(unavailable\)\n$/),
    })
  })

  it('a key service that the room does not name', async () => {
    const { exitCode, err } = await cli('keys', 'describe', 'theirs', '--identity', at('me.json'), '--room', at('room.json'))
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining('no address for key service theirs') })
  })

  it('a contract that cannot be read, is empty, is none, or has one wrong field', async () => {
    const propose = (file: string) => cli('contract', 'propose', at(file), '--identity', at('me.json'), '--room', at('room.json'))
    await writeFile(at('empty.yaml'), '\n')
    await writeFile(at('broken.yaml'), 'name: [')
    await writeFile(at('list.yaml'), '- a')
    await writeFile(
      at('bomb.yaml'),
      ['a: &a [x, x]', ...'bcdefghijk'.split('').map((c, i) => `${c}: &${c} [*${'abcdefghij'[i]}, *${'abcdefghij'[i]}]`)].join(
        '\n',
      ),
    )
    await writeFile(at('lost.yaml'), 'name: x\nmembers: [{ id: a, keys: { file: lost.public.json } }]')
    const said = async (file: string) => (await propose(file)).err
    expect(await said('nothing.yaml')).toContain('(unreadable-input)')
    expect(await said('empty.yaml')).toContain('is empty (unreadable-input)')
    expect(await said('broken.yaml')).toContain('is no YAML document')
    expect(await said('list.yaml')).toContain('(invalid-argument)')
    expect(await said('bomb.yaml')).toMatch(/\((unreadable-input|invalid-argument)\)/)
    expect(await said('lost.yaml')).toContain('cannot read')
  })

  it('a receipt that is not there is an error, one that is none is refused', async () => {
    expect(await cli('receipt', 'verify', at('missing.json'))).toMatchObject({ exitCode: 1 })
    await writeFile(at('empty.json'), '')
    expect(await cli('receipt', 'verify', at('empty.json'))).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('INVALID'),
    })
    const { exitCode, out } = await cli('receipt', 'verify', at('me.public.json'), '--json')
    expect({ exitCode, valid: JSON.parse(out).valid }).toEqual({ exitCode: 2, valid: false })
  })
})

describe('a wrong command line', () => {
  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['identity', 'show', '--frobnicate']],
    ['a missing argument', ['run', 'status']],
    ['a missing option', ['run', 'start', run]],
  ])('with %s ends with 1, for people and for programs', async (_, argv) => {
    const plain = await cli(...argv)
    expect(plain).toMatchObject({ exitCode: 1, out: '', err: expect.stringContaining('--help') })
    const json = await cli(...argv, '--json')
    expect({ exitCode: json.exitCode, out: json.out, code: JSON.parse(json.err).error.code }).toEqual({
      exitCode: 1,
      out: '',
      code: 'invalid-argument',
    })
  })

  it('asking for help is none', async () => {
    expect(await cli('--help')).toMatchObject({ exitCode: 0, err: '', out: expect.stringContaining('receipt') })
    expect((await cli('query', 'approve', '--help')).out).toContain('--runs')
  })
})
