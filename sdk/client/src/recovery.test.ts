import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { LogLock } from '@reinraum/proto'
import { createIdentity, type Identity, type Release, signerOf, signStatement, type VerifiedContract } from '@reinraum/statements'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backUpKeyService, confirmReleaseLog, getReleaseLogState, presentKeptReleases } from './recovery.ts'
import { openReleasesFile } from './releases-file.ts'
import type { Session } from './session.ts'

let folder: string
let keyService: Identity
const contract = { id: `sha256:${'1'.repeat(64)}` } as VerifiedContract
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-recovery-'))
  keyService = await createIdentity()
})
afterAll(() => rm(folder, { recursive: true }))

/** A session in which somebody else than a key service of ours answers. */
const sessionWith = (answers: object) => ({ ofKeyService: () => answers }) as unknown as Session
const codeOf = (step: Promise<unknown>) =>
  step.then(
    () => 'done',
    (error: unknown) => (isReinraumError(error) ? error.code : String(error)),
  )

test('a backup is a file of its owner’s, and never takes the place of another', async () => {
  const pieces = [new Uint8Array([1, 2]), new Uint8Array(), new Uint8Array([3])]
  const session = sessionWith({
    async *createBackup() {
      for (const data of pieces) yield { data }
    },
  })
  const target = join(folder, 'backup')
  expect(await backUpKeyService(session, 'shared', target)).toBe(3)
  expect([...(await readFile(target))]).toEqual([1, 2, 3])
  expect((await stat(target)).mode & 0o777).toBe(0o600)
  expect(await codeOf(backUpKeyService(session, 'shared', target))).toBe('already-exists')
  expect([...(await readFile(target))]).toEqual([1, 2, 3])
})

test('a backup that breaks off is no file', async () => {
  const session = sessionWith({
    async *createBackup() {
      yield { data: new Uint8Array(100_000) }
      throw new ReinraumError('unavailable', 'the key service is gone')
    },
  })
  const before = await readdir(folder)
  expect(await codeOf(backUpKeyService(session, 'shared', join(folder, 'broken')))).toBe('unavailable')
  expect(await readdir(folder)).toEqual(before)
})

function release(sequence: number): Promise<Uint8Array> {
  const document: Release = {
    kind: 'reinraum/release/v1',
    keyService: 'shared',
    contract: contract.id as Release['contract'],
    run: contract.id as Release['run'],
    query: null,
    by: null,
    sequence,
    previous: null,
    outcome: { decision: 'denied', reason: 'revoked' },
    evidence: null,
    hardware: null,
    decidedAt: '2026-06-01T00:00:00.000Z',
  }
  return signStatement(document, signerOf(keyService))
}

test('of many releases the newest are shown first: they alone lock a contract when the rest does not get there', async () => {
  const releases = await Promise.all(Array.from({ length: 201 }, (_, index) => release(index + 1)))
  const keeper = openReleasesFile(join(folder, 'releases'))
  await keeper.keep(releases)
  const shown: (readonly Uint8Array[])[] = []
  const state = { sequence: 201, releaseId: 'id', lock: LogLock.SET_BACK, presentedSequence: 201, awaited: ['air'] }
  const session = sessionWith({
    async presentReleases(request: { readonly releases: readonly Uint8Array[] }) {
      shown.push(request.releases)
    },
    getLogState: async () => ({ state }),
  })
  expect(await presentKeptReleases(session, contract, 'shared', keeper)).toEqual({ ...state, lock: 'set-back' })
  expect(shown.map((part) => part.length)).toEqual([200, 1])
  expect(Buffer.from(shown[0]?.at(-1) ?? [])).toEqual(Buffer.from(releases[200] ?? []))
  expect(Buffer.from(shown[1]?.[0] ?? [])).toEqual(Buffer.from(releases[0] ?? []))
})

test('what a key service says of its log is understood, or it is an error', async () => {
  const empty = { sequence: 0, releaseId: '', lock: LogLock.NONE, presentedSequence: 0, awaited: [] }
  const asked: unknown[] = []
  const answering = (state: object | undefined) =>
    sessionWith({
      getLogState: async () => ({ state }),
      async confirmLog(request: unknown) {
        asked.push(request)
        return { state }
      },
    })
  expect(await getReleaseLogState(answering(empty), contract, 'shared')).toMatchObject({ releaseId: null, lock: 'none' })
  expect(await codeOf(getReleaseLogState(answering(undefined), contract, 'shared'))).toBe('internal')
  // A lock of a kind that this client does not know is no open log.
  expect(await codeOf(getReleaseLogState(answering({ ...empty, lock: 99 }), contract, 'shared'))).toBe('unsupported')
  await confirmReleaseLog(answering(empty), contract, 'shared', { sequence: 0, releaseId: null })
  expect(asked).toEqual([{ contractId: contract.id, sequence: 0, releaseId: '' }])
})
