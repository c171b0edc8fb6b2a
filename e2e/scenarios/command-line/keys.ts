import { createPublicKey } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { algorithmInventory } from '@reinraum/cli'
import { hpkeSuites, randomBytes, rsaAesKeyWrap, rsaAesWrap } from '@reinraum/crypto'
import { expect, it } from 'vitest'
import { districtsCsv, visitsCsv } from '../../harness/visits.ts'
import { type Life, text } from './life.ts'

/** Datasets are sealed, and their keys handed over and looked after. */
export function dataIsSealed({ as, at, known, offline }: Life): void {
  it('owners seal their files, and everyone sees what is there', async () => {
    await writeFile(at('visits.csv'), visitsCsv())
    await writeFile(at('districts.csv'), districtsCsv())
    const seal = (slot: string) => [
      ...['dataset', 'seal', at(`${slot}.csv`), '--contract', at('contract.json')],
      ...['--slot', slot, '--state', at('state')],
    ]
    const visits = await as.health.json(...seal('visits'), '--cluster-by', 'district')
    expect(visits).toMatchObject({ exitCode: 0, value: { rowCount: 120, version: 1, resumed: false, clusteredBy: 'district' } })
    known.manifest = text(visits.value.manifest)
    await writeFile(at('hsm.key'), randomBytes(32))
    expect((await as.survey(...seal('districts'), '--no-deposit')).err).toContain('(invalid-argument)')
    const districts = await as.survey.json(...seal('districts'), '--key-file', at('hsm.key'), '--no-deposit')
    expect(districts).toMatchObject({ exitCode: 0, value: { version: 1 } })
    known.districts = text(districts.value.manifest)
    expect(await readdir(at('state'))).toEqual([])

    expect((await as.analyst('dataset', 'list', '--contract', known.contract)).out.split('\n')).toHaveLength(4)
    expect((await as.analyst.json('dataset', 'list', '--contract', known.contract)).value.manifests).toHaveLength(2)
    const show = ['dataset', 'show', known.manifest, '--contract', known.contract]
    const { out } = await as.analyst(...show)
    expect(out).toContain('visits, version 1, by health')
    expect(out).toMatch(/^clustered +by district$/m)
    expect((await as.analyst.json(...show)).value.rowCount).toBe(120)
  })

  it('an auditor asks which algorithms are in use', async () => {
    expect((await offline('keys', 'algorithms')).out).toContain(hpkeSuites[1])
    expect((await offline.json('keys', 'algorithms')).value.algorithms).toHaveLength(algorithmInventory().length)
    expect((await offline.json('keys', 'algorithms', '--cyclonedx')).value.specVersion).toBe('1.6')
  })

  it('an owner whose key is in an HSM verifies what it wraps to, and hands it over wrapped', async () => {
    const importKey = (...more: string[]) => ['keys', 'import-key', 'shared-keys', '--contract', at('contract.json'), ...more]
    const fetched = await as.survey.json(...importKey('--out', at('import.pem'), '--statement', at('import.json')))
    expect(fetched).toMatchObject({ exitCode: 0, value: { version: 1, algorithm: rsaAesKeyWrap } })
    const again = await offline(...importKey('--out', at('again.pem'), '--from', at('import.json')))
    expect(again).toMatchObject({ exitCode: 0, err: '', out: expect.stringContaining(text(fetched.value.fingerprint)) })
    const pem = await readFile(at('import.pem'), 'utf8')
    expect(await readFile(at('again.pem'), 'utf8')).toBe(pem)
    const another = ['keys', 'import-key', 'health-keys', '--contract', at('contract.json'), '--out', at('other.pem')]
    expect(await offline.json(...another, '--from', at('import.json'))).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'key-mismatch' } },
    })

    const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' })
    await writeFile(at('wrapped'), await rsaAesWrap(spki, await readFile(at('hsm.key'))))
    await writeFile(at('wrong'), await rsaAesWrap(spki, randomBytes(32)))
    const hand = (file: string, ...more: string[]) => [
      ...['keys', 'import', at(file), '--contract', known.contract, '--manifest', known.districts],
      ...more,
    ]
    expect((await as.survey.json(...hand('wrong'))).value.error?.code).toBe('key-mismatch')
    expect((await as.survey.json(...hand('hsm.key'))).value.error?.code).toBe('decryption-failed')
    expect((await as.survey.json(...hand('wrapped', '--key-version', '2'))).value.error?.code).toBe('key-unknown')
    expect((await as.survey.json(...hand('wrapped'))).value).toMatchObject({ keyService: 'shared-keys', created: true })
    expect((await as.survey(...hand('wrapped', '--key-version', '1'))).out).toContain('was there already')
  })

  it('an owner looks after its keys, and nobody else does', async () => {
    const keys = (command: string, ...more: string[]) => ['keys', command, ...more, '--contract', known.contract]
    expect((await as.health(...keys('list'))).out).toContain('visits  active  v1, A256KWP')
    const { value: list } = await as.health.json(...keys('list'))
    expect(list.keyServices).toMatchObject([{ keyService: 'health-keys', answer: { keys: [{ manifestId: known.manifest }] } }])
    expect((await as.health(...keys('show', known.manifest))).out).toMatch(/^ {2}state +active$/m)
    const visits = ['--slot', 'visits']
    expect((await as.health.json(...keys('rotate', ...visits))).value.keyServices).toMatchObject([{ answer: { version: 2 } }])
    expect((await as.health(...keys('rotate', ...visits))).out).toMatch(/^ {2}wrapping key +v3$/m)
    expect((await as.health(...keys('rewrap', ...visits, '--suite', 'ChaCha20-Poly1305'))).out).toMatch(/^ {2}moved +1$/m)
    const { value: rewrapped } = await as.health.json(...keys('rewrap', ...visits))
    expect(rewrapped.keyServices).toMatchObject([{ answer: { version: 4, suite: 'ChaCha20-Poly1305', keys: 0 } }])
    expect((await as.health(...keys('minimum', ...visits, '--at-least', '4'))).exitCode).toBe(0)
    expect(await as.health.json(...keys('minimum', ...visits, '--at-least', '3'))).toMatchObject({ exitCode: 1 })
    const { value: doomed } = await as.health.json(...keys('destroy', known.manifest, '--delay', '7d'))
    expect(doomed.keyServices).toMatchObject([{ answer: { manifestId: known.manifest } }])
    expect((await as.health.json(...keys('show', known.manifest))).value.keyServices).toMatchObject([
      { answer: { state: 'destruction-scheduled' } },
    ])
    expect((await as.health(...keys('destroy', known.manifest, '--cancel'))).out).toContain('no longer destroyed')
    const refused = async (party: 'survey' | 'analyst', ...argv: string[]) => (await as[party].json(...argv)).value.error?.code
    expect(await refused('survey', ...keys('destroy', known.manifest))).toBe('key-unknown')
    expect(await refused('survey', ...keys('rotate', ...visits))).toBe('key-unknown')
  })
}
