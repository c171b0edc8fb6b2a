import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity, type Identity, parseStatement, type Release, signerOf, signStatement } from '@reinraum/statements'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReleasesFile } from './releases-file.ts'

const contract = `sha256:${'1'.repeat(64)}`
let folder: string
let keyService: Identity
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-releases-'))
  keyService = await createIdentity()
})
afterAll(() => rm(folder, { recursive: true }))

function release(sequence: number, changes: Partial<Release> = {}): Promise<Uint8Array> {
  const document: Release = {
    kind: 'reinraum/release/v1',
    keyService: 'keys',
    contract: contract as Release['contract'],
    run: contract as Release['run'],
    query: null,
    by: null,
    sequence,
    previous: null,
    outcome: { decision: 'denied', reason: 'revoked' },
    evidence: null,
    hardware: null,
    decidedAt: '2026-06-01T00:00:00.000Z',
    ...changes,
  }
  return signStatement(document, signerOf(keyService))
}

test('what was kept comes back in the order of the log, once, and nothing of another log', async () => {
  const file = join(folder, 'releases')
  const [first, second, other] = await Promise.all([release(1), release(2), release(3, { keyService: 'other' })])
  expect(await openReleasesFile(file).of(contract, 'keys')).toEqual([])
  await openReleasesFile(file).keep([second, other])
  await openReleasesFile(file).keep([first, second])
  const kept = await openReleasesFile(file).of(contract, 'keys')
  expect(kept.map(({ statement }) => parseStatement(statement).id)).toEqual([parseStatement(first).id, parseStatement(second).id])
  expect((await readFile(file, 'latin1')).split('\n')).toHaveLength(4)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test.each(['no release', '', 'e30', '{}'])('a file with the line %j is refused, and left as it was', async (line) => {
  const file = join(folder, 'broken')
  await writeFile(file, `${line}\n`)
  const keeper = openReleasesFile(file)
  await expect(keeper.of(contract, 'keys')).rejects.toMatchObject({ code: 'unreadable-input' })
  await expect(keeper.keep([await release(1)])).rejects.toMatchObject({ code: 'unreadable-input' })
  expect(await readFile(file, 'utf8')).toBe(`${line}\n`)
})
