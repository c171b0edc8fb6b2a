import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity, publicKeysOf } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, type CleanRoom, openCleanRoom, propose, sealBoth, settle, start } from '../harness/clean-room.ts'
import { type CommandLine, commandLine } from '../harness/command-line.ts'
import { startTestRoom, type TestRoom } from '../harness/start-test-room.ts'

const people = ['anna', 'ben', 'clara', 'admin', 'stranger'] as const
type Person = (typeof people)[number]

let folder: string
let room: TestRoom
let clean: CleanRoom
let queryId: string
let as: Record<Person, CommandLine>
const at = (name: string) => join(folder, name)
const publicKeys = (person: Person) => at(`${person}.public.json`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-ceremony-'))
  for (const person of people) {
    const identity = await createIdentity(person === 'clara' ? 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM' : undefined)
    await writeFile(at(`${person}.json`), JSON.stringify(identity), { mode: 0o600 })
    await writeFile(publicKeys(person), JSON.stringify(publicKeysOf(identity)))
  }
  const holders = (['anna', 'ben', 'clara'] as const).map(publicKeys)
  const shared = { id: 'shared-keys', custody: 'attested', administrators: [publicKeys('admin')] } as const
  const own = { id: 'health-keys', custody: 'owner', operator: 'health' } as const
  room = await startTestRoom({ keyServices: [own, { ...shared, rootKey: { kind: 'shares', threshold: 2, holders } }] })
  const line = (person: Person) => commandLine({ room: room.roomFile, identity: at(`${person}.json`) })
  as = Object.fromEntries(people.map((person) => [person, line(person)])) as typeof as
  await writeFile(at('keys.json'), JSON.stringify(room.referenceValues().keys))
  clean = await openCleanRoom(room, at('parties'))
  await sealBoth(clean)
  queryId = await propose(clean)
  await approve(clean, queryId)
}, 180_000)

afterAll(async () => {
  clean?.close()
  await room?.stop()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

const verified = () => ['--reference-values', at('keys.json')]
const runs = async () => (await settle(clean, await start(clean, queryId))).state

describe('a key service whose root key is in the hands of three people', () => {
  it('serves from its first start on', async () => {
    const status = await as.stranger('keys', 'status', 'shared-keys', ...verified())
    expect(status).toMatchObject({ exitCode: 0, out: expect.stringContaining('shared-keys is open') })
    expect(status.out).toContain('affirming, SIMULATED hardware')
    expect(await runs()).toBe('awaiting-review')
  })

  it('is sealed when its process was killed, and alive all the same', async () => {
    await room.kill('keys/shared-keys')
    await room.restart('keys/shared-keys')
    const status = await as.anna('keys', 'status', 'shared-keys')
    expect(status).toMatchObject({ exitCode: 3, out: expect.stringContaining('SEALED: 0 of 2 shares are there') })
    expect(status.out).toContain('nothing was verified')
    const health = (service: string) => room.serves('keys/shared-keys', `reinraum.keys.v1.${service}`)
    expect(await Promise.all(['KeysService', 'KeyReleaseService', 'SealService'].map(health))).toEqual([false, false, true])
    expect(await as.stranger.json('keys', 'describe', 'shared-keys')).toMatchObject({
      exitCode: 1,
      value: { error: { code: 'sealed' } },
    })
  })

  it('takes shares only from holders, who send nothing to what they have not verified', async () => {
    const unseal = (person: Person, ...more: string[]) => as[person].json('keys', 'unseal', 'shared-keys', ...more)
    const code = async (person: Person, ...more: string[]) => (await unseal(person, ...more)).value.error?.code
    expect(await code('anna')).toBe('invalid-argument')
    expect(await code('anna', '--own-premises')).toBe('key-mismatch')
    expect(await code('stranger', ...verified())).toBe('not-found')
    await writeFile(at('executor.json'), JSON.stringify(room.referenceValues().executor))
    expect(await unseal('anna', '--reference-values', at('executor.json'))).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'evidence-contraindicated' } },
    })
    expect((await as.anna.json('keys', 'status', 'shared-keys')).value).toMatchObject({ have: 0, sealed: true })
  })

  it('opens again with two of them, one after the other, and releases as before', async () => {
    const first = await as.clara('keys', 'unseal', 'shared-keys', '--contract', clean.contract.id)
    expect(first.err).toContain('not-found')
    const one = await as.clara('keys', 'unseal', 'shared-keys', ...verified())
    expect(one).toMatchObject({ exitCode: 3, out: expect.stringContaining('SEALED: 1 of 2 shares are there') })
    expect(one.out).toContain('SIMULATED hardware')
    expect(await as.clara('keys', 'unseal', 'shared-keys', ...verified())).toMatchObject({ exitCode: 3 })
    const two = await as.anna.json('keys', 'unseal', 'shared-keys', ...verified())
    expect(two).toMatchObject({ exitCode: 0, value: { sealed: false, have: 2, need: 2, appraisal: { hardware: false } } })
    expect(await runs()).toBe('awaiting-review')
    expect(await as.ben.json('keys', 'unseal', 'shared-keys', ...verified())).toMatchObject({
      exitCode: 1,
      value: { error: { code: 'conflict' } },
    })
  })

  it('is sealed by its administrator at once, and by nobody else', async () => {
    expect(await as.anna('keys', 'seal', 'shared-keys')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('administrators'),
    })
    expect(await as.admin('keys', 'seal', 'shared-keys')).toMatchObject({ exitCode: 0, out: expect.stringContaining('SEALED') })
    expect(await as.admin.json('keys', 'seal', 'shared-keys')).toMatchObject({ exitCode: 0, value: { sealed: true } })
    expect(await as.admin('keys', 'reshare', 'shared-keys')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('sealed'),
    })
    await as.ben('keys', 'unseal', 'shared-keys', ...verified())
    await as.anna('keys', 'unseal', 'shared-keys', ...verified())
    expect(await room.serves('keys/shared-keys', 'reinraum.keys.v1.KeyReleaseService')).toBe(true)
  })

  it('gives its people new shares, with which alone it opens after the next start', async () => {
    expect(await as.admin('keys', 'reshare', 'shared-keys')).toMatchObject({ exitCode: 2, err: expect.stringContaining('holds') })
    expect(await as.stranger.json('keys', 'reshare', 'shared-keys')).toMatchObject({ exitCode: 2 })
    const first = await as.anna('keys', 'reshare', 'shared-keys', ...verified())
    expect(first).toMatchObject({ exitCode: 3, out: expect.stringContaining('the consent of 1 more holders') })
    expect(first.out).toMatch(/opened by 2 of [A-Za-z0-9_-]{43}, /)
    expect(await as.ben('keys', 'reshare', 'shared-keys', ...verified())).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('shared-keys is under a new root key of the kind shares: 2 of 3 holders unseal it\n'),
    })
    await room.kill('keys/shared-keys')
    await room.restart('keys/shared-keys')
    await as.ben('keys', 'unseal', 'shared-keys', ...verified())
    expect(await as.clara('keys', 'unseal', 'shared-keys', ...verified())).toMatchObject({ exitCode: 0 })
    expect(await runs()).toBe('awaiting-review')
  })

  it('leaves no share and no unseal key in its logs', async () => {
    const log = await readFile(join(room.directory, 'logs', 'keys-shared-keys.log'), 'utf8')
    expect(log).toContain('a contribution to unsealing was taken')
    expect(log).not.toMatch(/[A-Za-z0-9_-]{100}/)
  })
})
