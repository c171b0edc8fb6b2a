import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createIdentity, publicKeysOf } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, type CleanRoom, openCleanRoom, propose, sealBoth, settle, start } from '../harness/clean-room.ts'
import { type CommandLine, commandLine } from '../harness/command-line.ts'
import { startTestRoom, type TestRoom } from '../harness/start-test-room.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const people = ['anna', 'ben', 'clara', 'admin'] as const
const members = ['survey', 'health', 'reviewer'] as const
type Person = (typeof people)[number] | (typeof members)[number]

let folder: string
let room: TestRoom
let clean: CleanRoom
let queryId: string
let as: Record<Person, CommandLine>
const at = (name: string) => join(folder, name)
const publicKeys = (person: Person) => at(`${person}.public.json`)
const service = (name: string) => join(room.directory, 'services', 'keys-shared-keys', name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-recovery-'))
  for (const person of people) {
    const identity = await createIdentity()
    await writeFile(at(`${person}.json`), JSON.stringify(identity), { mode: 0o600 })
    await writeFile(publicKeys(person), JSON.stringify(publicKeysOf(identity)))
  }
  const holders = (['anna', 'ben', 'clara'] as const).map(publicKeys)
  const shared = { id: 'shared-keys', custody: 'attested', administrators: [publicKeys('admin')] } as const
  const own = { id: 'health-keys', custody: 'owner', operator: 'health' } as const
  room = await startTestRoom({ keyServices: [own, { ...shared, rootKey: { kind: 'shares', threshold: 2, holders } }] })
  await writeFile(at('keys.json'), JSON.stringify(room.referenceValues().keys))
  clean = await openCleanRoom(room, at('parties'))
  for (const party of members) await writeFile(at(`${party}.json`), JSON.stringify(clean.identities[party]), { mode: 0o600 })
  const line = (person: Person) => commandLine({ room: room.roomFile, identity: at(`${person}.json`) })
  as = Object.fromEntries([...people, ...members].map((person) => [person, line(person)])) as typeof as
  await sealBoth(clean)
  queryId = await propose(clean)
  await approve(clean, queryId, { maximumRuns: 20 })
}, 180_000)

afterAll(async () => {
  clean?.close()
  await room?.stop()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

const run = async () => settle(clean, await start(clean, queryId))
const contract = () => ['--contract', clean.contract.id]
const log = (person: Person, ...more: string[]) => as[person]('keys', 'log', ...contract(), ...more)
const keysRestore = (person: Person, ...more: string[]) => as[person]('keys', 'restore', 'shared-keys', ...contract(), ...more)

/** Two of the three holders unseal it, as after any start. */
async function unseal(first: Person, second: Person) {
  const verified = ['--reference-values', at('keys.json')]
  const one = await as[first]('keys', 'unseal', 'shared-keys', ...verified)
  expect(one.exitCode).toBe(3)
  expect(await as[second]('keys', 'unseal', 'shared-keys', ...verified)).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('shared-keys is open'),
  })
  return one
}

/** What the operator types on the new machine. */
async function restoreFrom(backup: string) {
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning', 'services/keys/src/main.ts']
  const command = [...flags, '--config', service('config.json'), '--restore', backup]
  return promisify(execFile)(process.execPath, command, { cwd: repository })
}

describe('the disk of a key service is lost', () => {
  it('after a backup, and after a release that the backup does not know', async () => {
    expect((await run()).state).toBe('awaiting-review')
    expect(await as.survey('keys', 'backup', 'shared-keys', '--out', at('no.backup'))).toMatchObject({ exitCode: 2 })
    const made = await as.admin('keys', 'backup', 'shared-keys', '--out', at('shared.backup'))
    expect(made).toMatchObject({ exitCode: 0, out: expect.stringMatching(/shared\.backup: \d+ bytes\n$/) })
    expect((await stat(at('shared.backup'))).mode & 0o777).toBe(0o600)
    // Nothing happens meanwhile: a copy of a disk, as an operator may always have one.
    await cp(service('data'), at('old-disk'), { recursive: true })
    expect((await run()).state).toBe('awaiting-review')
    expect(await log('reviewer', '--releases', at('reviewer.releases'))).toMatchObject({ exitCode: 0 })
    expect((await stat(at('reviewer.releases'))).mode & 0o777).toBe(0o600)
    await room.kill('keys/shared-keys')
    await rm(service('data'), { recursive: true })
  })

  it('and on the new one the backup waits for the holders of its shares', async () => {
    const { stderr } = await restoreFrom(at('shared.backup'))
    expect(stderr).toMatch(/^the backup of 2\S+ waits for the holders of its shares: start the service and unseal it\n$/)
    await room.restart('keys/shared-keys')
    const status = await as.anna('keys', 'status', 'shared-keys')
    expect(status).toMatchObject({
      exitCode: 3,
      out: expect.stringContaining('SEALED: 0 of 2 shares are there; then the backup of'),
    })
    const first = await unseal('anna', 'clara')
    expect(first.out).toContain('then the backup of')
    expect((await as.ben.json('keys', 'status', 'shared-keys')).value).toMatchObject({ sealed: false, restoresFrom: null })
    await expect(restoreFrom(at('shared.backup'))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(unavailable)'),
    })
  })

  it('it releases nothing until a member has shown what the backup did not know, and the owner has confirmed the rest', async () => {
    expect(await run()).toMatchObject({ state: 'failed', reason: 'rollback-detected' })
    const before = await keysRestore('survey')
    expect(before).toMatchObject({ exitCode: 2, out: expect.stringMatching(/log ends with +1, sha256:/) })
    const shown = await keysRestore('reviewer', '--releases', at('reviewer.releases'))
    expect(shown).toMatchObject({ exitCode: 2, out: expect.stringMatching(/log ends with +2, sha256:/) })
    expect(shown.out).toMatch(/to be confirmed by +survey/)
    expect(await keysRestore('reviewer', '--confirm')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('permission-denied'),
    })
    const confirmed = await keysRestore('survey', '--confirm')
    expect(confirmed).toMatchObject({ exitCode: 0, out: expect.stringMatching(/state +open/) })
    expect((await run()).state).toBe('awaiting-review')
    const whole = await log('reviewer', '--releases', at('reviewer.releases'))
    expect(whole).toMatchObject({ exitCode: 0, out: expect.stringContaining('shared-keys: 3 decisions') })
  })

  it('and its administrator finds its clock in order', async () => {
    const clock = await as.admin('keys', 'clock', 'shared-keys')
    expect(clock).toMatchObject({ exitCode: 0, out: expect.stringMatching(/sound +yes/) })
    const { value } = await as.admin.json('keys', 'clock', 'shared-keys')
    expect(await as.admin('keys', 'clock', 'shared-keys', '--confirm', String(value.machine))).toMatchObject({ exitCode: 0 })
    expect(await as.admin('keys', 'clock', 'shared-keys', '--confirm', '2020-01-01T00:00:00Z')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('conflict'),
    })
    expect(await as.survey('keys', 'clock', 'shared-keys')).toMatchObject({ exitCode: 2 })
  })
})

describe('the operator puts an old disk in the place of the present one', () => {
  it('and the service does not know it', async () => {
    await room.kill('keys/shared-keys')
    await rm(service('data'), { recursive: true })
    await mkdir(service('data'), { mode: 0o700 })
    await cp(at('old-disk'), service('data'), { recursive: true })
    await room.restart('keys/shared-keys')
    await unseal('ben', 'anna')
    expect(await keysRestore('survey')).toMatchObject({ exitCode: 0, out: expect.stringMatching(/log ends with +1, sha256:/) })
  })

  it('until a member holds its log against what it kept: then it is locked, and mended', async () => {
    const found = await log('reviewer', '--releases', at('reviewer.releases'))
    expect(found).toMatchObject({ exitCode: 2, err: expect.stringContaining('rollback-detected') })
    expect(found.err).toContain('shared-keys had forgotten releases that this party kept')
    expect(await run()).toMatchObject({ state: 'failed', reason: 'rollback-detected' })
    const state = await keysRestore('survey')
    expect(state).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/state +locked: a release was shown that the log lacks/),
    })
    expect(state.out).toMatch(/log ends with +3, sha256:/)
    expect(await keysRestore('survey', '--confirm')).toMatchObject({ exitCode: 0 })
    expect((await run()).state).toBe('awaiting-review')
  })

  it('and no log of it holds a share or a key', async () => {
    expect(await readFile(join(room.directory, 'logs', 'keys-shared-keys.log'), 'utf8')).not.toMatch(/[A-Za-z0-9_-]{100}/)
  })
})
