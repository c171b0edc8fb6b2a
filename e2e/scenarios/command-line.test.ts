import { createPublicKey } from 'node:crypto'
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmInventory } from '@reinraum/cli'
import { readTable } from '@reinraum/client'
import { hpkeSuites, randomBytes, rsaAesKeyWrap, rsaAesWrap } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CommandLine, commandLine, type Json } from '../harness/command-line.ts'
import { contractYaml, queryYaml } from '../harness/command-line-files.ts'
import { writeExecutorEvidence } from '../harness/executor-evidence.ts'
import { withShortFiles } from '../harness/short-files.ts'
import { useTestRoom } from '../harness/test-room.ts'
import { districtsCsv, expectedAnswer, visitsCsv } from '../harness/visits.ts'

const commands = [
  ...['identity create', 'identity show', 'contract propose', 'contract accept', 'contract show', 'contract verify'],
  ...[
    'keys describe',
    'keys verify',
    'keys import-key',
    'keys import',
    'keys algorithms',
    'executor verify',
    'attestation verify',
    'dataset seal',
    'dataset list',
    'dataset show',
  ],
  ...['keys list', 'keys show', 'keys rotate', 'keys rewrap', 'keys minimum', 'keys destroy', 'keys log', 'keys revoke'],
  ...['query check', 'query propose', 'query approve', 'query reject', 'query list', 'query show'],
  ...['run start', 'run status', 'run cancel', 'run result', 'result review', 'receipt verify', 'revoke'],
]
const parties = ['health', 'survey', 'analyst', 'reviewer'] as const

const rooms = useTestRoom()
const ran = { text: new Set<string>(), json: new Set<string>() }
let folder: string
let as: Record<(typeof parties)[number], CommandLine>
/** somebody at a machine without a network and without an identity */
const offline = commandLine({ onCommand: (words, json) => ran[json ? 'json' : 'text'].add(words) })
/** What one command answers and the next needs, as a user would copy it. */
const known = { districts: '', contract: '', query: '', rejected: '', run: '', approval: '', manifest: '' }

const at = (name: string) => join(folder, name)
const text = (value: Json | undefined) => String(value)

beforeAll(() => {
  folder = rooms.room.directory
  const line = (party: string) =>
    commandLine({
      room: rooms.room.roomFile,
      identity: at(`${party}.json`),
      onCommand: (words, json) => ran[json ? 'json' : 'text'].add(words),
    })
  as = { health: line('health'), survey: line('survey'), analyst: line('analyst'), reviewer: line('reviewer') }
})

describe('the command line takes four parties through the whole life of a clean room:', () => {
  it('each makes an identity, which is nobody else’s to read', async () => {
    for (const party of parties) {
      const files = ['--out', at(`${party}.json`), '--public', at(`${party}.public.json`)]
      const answer = await offline('identity', 'create', ...files, ...(party === 'analyst' ? ['--suite', 'mlkem1024-p384'] : []))
      expect(answer).toMatchObject({ exitCode: 0, err: '', out: expect.stringContaining('thumbprint') })
      expect((await stat(at(`${party}.json`))).mode & 0o077).toBe(0)
    }
    const { value } = await offline.json('identity', 'create', '--out', at('spare.json'))
    expect(text(value.thumbprint)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const { value: shown } = await as.health.json('identity', 'show')
    expect(shown).toEqual(JSON.parse(await readFile(at('health.public.json'), 'utf8')))
    expect(JSON.parse((await as.health('identity', 'show')).out)).toEqual(shown)
    expect(shown.hpke).toMatchObject({ suite: hpkeSuites[0] })
    expect((await as.analyst.json('identity', 'show')).value.hpke).toMatchObject({ suite: hpkeSuites[1] })
    expect((await offline('identity', 'create', '--out', at('none.json'), '--suite', 'rsa')).exitCode).toBe(1)
  })

  it('one writes the contract, with the keys from files and from the key services, and all sign it', async () => {
    for (const id of ['health-keys', 'shared-keys']) {
      const { value } = await as.health.json('keys', 'describe', id)
      expect(value.id).toBe(id)
      await writeFile(at(`${id}.json`), JSON.stringify(value.keys))
    }
    expect((await as.health('keys', 'describe', 'health-keys')).out).toContain('"owner"')
    await writeFile(at('contract.yaml'), contractYaml(rooms.room.referenceValues()))
    expect((await as.health('contract', 'propose', at('contract.yaml'))).out).toMatch(/^in force +not yet$/m)

    const { exitCode, value } = await as.health.json('contract', 'propose', at('contract.yaml'))
    expect({ exitCode, inForce: value.inForce }).toEqual({ exitCode: 0, inForce: false })
    known.contract = text(value.contractId)
    expect(await as.health.json('contract', 'verify', known.contract)).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'contract-incomplete' } },
    })
    for (const party of ['survey', 'analyst'] as const)
      expect((await as[party]('contract', 'accept', known.contract)).exitCode).toBe(0)
    expect((await as.reviewer.json('contract', 'accept', known.contract)).value.inForce).toBe(true)

    const shown = await as.analyst('contract', 'show', known.contract, '--out', at('contract.json'))
    expect(shown).toMatchObject({ exitCode: 0, out: expect.stringContaining('SIMULATED hardware accepted') })
    expect((await as.analyst.json('contract', 'show', known.contract)).value.missing).toEqual([])
    expect((await as.analyst('contract', 'verify', known.contract)).exitCode).toBe(0)
    const { value: verified } = await offline.json('contract', 'verify', at('contract.json'))
    expect(verified.id).toBe(known.contract)
    expect(await as.analyst('contract', 'show', known.contract, '--out', at('contract.json'))).toMatchObject({ exitCode: 1 })
  })

  it('partners verify the key services and the executor before they contribute anything', async () => {
    const keys = await as.survey('keys', 'verify', '--contract', known.contract)
    expect(keys).toMatchObject({ exitCode: 0, out: expect.stringContaining('affirming, SIMULATED hardware') })
    expect((await as.survey.json('keys', 'verify', '--contract', known.contract)).value.keyServices).toHaveLength(2)
    const executor = await as.survey('executor', 'verify', '--contract', at('contract.json'))
    expect(executor).toMatchObject({ exitCode: 0, out: expect.stringContaining('affirming, SIMULATED hardware') })
    const { value } = await as.survey.json('executor', 'verify', '--contract', known.contract)
    expect(value).toMatchObject({ status: 'affirming', hardware: false })
  })

  it('a partner that remembers a newer list refuses an older one, of key services and executors', async () => {
    for (const [words, reported] of [
      [['keys', 'verify'], 'err'],
      [['executor', 'verify'], 'out'],
    ] as const) {
      const floors = at(`${words[0]}.floors`)
      const verify = [...words, '--contract', known.contract, '--floors', floors]
      expect(await as.survey(...verify)).toMatchObject({ exitCode: 0, err: '' })
      const seen = await readFile(floors, 'utf8')
      expect(seen).toMatch(/^crl\/[0-9a-f]{64}\/[0-9a-f]{64} 1\n$/)
      expect((await as.survey(...verify)).exitCode).toBe(0)
      await appendFile(floors, seen.replace(/ 1\n$/, ' 2\n'))
      const older = await as.survey(...verify)
      expect([older.exitCode, older[reported]]).toEqual([2, expect.stringContaining('crl-number-below-floor')])
    }
  })

  it('and what an executor answered is judged again, offline, from files', async () => {
    const given = { folder: at('evidence'), identity: at('survey.json'), contractId: known.contract }
    const { argv, reportData } = await writeExecutorEvidence(rooms.room, given)
    const { exitCode, out, err } = await offline(...argv, '--report-data', reportData)
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out.split('\n')[0]).toBe('affirming, SIMULATED hardware')
    for (const check of ['pinned-root: simulated root', 'report-signature', 'measurement', 'report-data']) {
      expect(out).toContain(`  ✓ ${check}`)
    }
    expect(out).toContain(`measurement  ${rooms.room.platform.measurements.executor}`)
    expect((await offline.json(...argv, '--report-data', reportData)).value.ear_status).toBe('affirming')
    expect(await offline(...argv, '--report-data', '00'.repeat(64))).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/^contraindicated, SIMULATED hardware\n {2}refused: report-data-mismatch\n/),
    })
  })

  it('owners seal their files, and everyone sees what is there', async () => {
    await writeFile(at('visits.csv'), visitsCsv())
    await writeFile(at('districts.csv'), districtsCsv())
    const seal = (slot: string) => [
      ...['dataset', 'seal', at(`${slot}.csv`), '--contract', at('contract.json')],
      ...['--slot', slot, '--state', at('state')],
    ]
    const visits = await as.health.json(...seal('visits'))
    expect(visits).toMatchObject({ exitCode: 0, value: { rowCount: 120, version: 1, resumed: false } })
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
    expect((await as.analyst(...show)).out).toContain('visits, version 1, by health')
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

  it('the guard says offline what may be asked, and where it may not', async () => {
    await writeFile(at('query.yaml'), queryYaml)
    await writeFile(at('leak.sql'), 'SELECT person, note\nFROM visits')
    const check = (file: string) => ['query', 'check', at(file), '--contract', at('contract.json')]
    expect(await offline(...check('query.yaml'))).toMatchObject({ exitCode: 0, out: expect.stringContaining('What will run:') })
    expect((await offline.json(...check('query.yaml'))).value.verdict).toBe('allowed')
    const refused = await offline(...check('leak.sql'))
    expect(refused.exitCode).toBe(2)
    expect(refused.out).toMatch(/^ {2}✗ 1:\d+ .+ \([a-z-]+\)$/m)
    expect((await offline.json(...check('leak.sql'))).value.verdict).toBe('refused')
    await writeFile(at('broken.sql'), "SELECT district\nFROM visits WHERE note = 'canary' GROUP district")
    const broken = await offline(...check('broken.sql'))
    expect(broken.exitCode).toBe(2)
    expect(broken.out).toMatch(/^ {2}✗ 2:\d+ .+$/m)
    // Where the place is shown the author's own text is, and nowhere else.
    expect(broken.out.split('\n').filter((line) => line.includes('canary'))).toEqual([
      expect.stringMatching(/^ {4}2 │ FROM visits/),
    ])
    const draft = ['--contract', at('contract.yaml')]
    expect(await offline('query', 'check', at('query.yaml'), ...draft)).toMatchObject({ exitCode: 0 })
    expect(await as.analyst.json('query', 'propose', at('leak.sql'), '--contract', known.contract)).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'guard-refused' } },
    })
  })

  it('the analyst proposes, the owners approve one query and reject another', async () => {
    const propose = ['query', 'propose', at('query.yaml'), '--contract', known.contract]
    known.query = text((await as.analyst.json(...propose)).value.queryId)
    const other = await as.analyst(...propose, '--title', 'The same once more')
    known.rejected = /sha256:[0-9a-f]{64}/.exec(other.out)?.[0] ?? ''

    const approve = ['query', 'approve', known.query, '--contract', known.contract, '--runs', '5']
    known.approval = text((await as.health.json(...approve)).value.approvalId)
    expect((await as.survey(...approve, '--days', '2')).out).toMatch(/^runs +5$/m)
    expect(await as.health.json(...approve, '--runs', 'many')).toMatchObject({ exitCode: 1 })
    const reject = ['query', 'reject', known.rejected, '--contract', known.contract, '--reason', 'asked already']
    expect(await as.health(...reject)).toMatchObject({ exitCode: 0, out: expect.stringContaining('rejection') })
    expect((await as.survey.json(...reject)).value.rejectionId).toMatch(/^sha256:/)

    const list = await as.survey('query', 'list', '--contract', known.contract)
    expect(list.out).toContain('health approves, survey approves')
    expect(list.out).toContain('health rejects, survey rejects')
    expect((await as.survey.json('query', 'list', '--contract', known.contract)).value.queries).toHaveLength(2)
    const show = ['query', 'show', known.query, '--contract', known.contract]
    const shown = await as.survey(...show)
    expect(shown.out).toContain('$floor BIGINT')
    expect(shown.out).toMatch(/^each row +stands for at least 3 different privacy units/m)
    expect((await as.survey.json(...show)).value.decisions).toHaveLength(2)
    expect(await as.analyst.json('run', 'start', known.rejected, '--contract', known.contract, '--set', 'floor=0')).toMatchObject(
      {
        exitCode: 2,
        value: { error: { code: 'query-rejected' } },
      },
    )
  })

  it('a run outside its domain, or with nowhere to go, is not even signed', async () => {
    const start = ['run', 'start', known.query, '--contract', known.contract]
    const code = async (...more: string[]) => {
      const { exitCode, value } = await as.analyst.json(...start, ...more)
      return [exitCode, value.error?.code]
    }
    expect(await code('--set', 'floor=151')).toEqual([2, 'parameter-outside-domain'])
    expect(await code()).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'ceiling=1')).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=low')).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=0', '--out', at('answer.csv'))).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=0', '--wait', '--out', at('answer.txt'))).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=0', '--wait', '--out', at('visits.csv'))).toEqual([1, 'already-exists'])
  })

  it('a run waits for its reviewer and is opened in three formats, each with the receipt that proves it', async () => {
    const start = await as.analyst.json('run', 'start', known.query, '--contract', known.contract, '--set', 'floor=120')
    expect(start).toMatchObject({ exitCode: 0, value: { state: 'queued' } })
    known.run = text(start.value.runId)
    const status = () => as.analyst.json('run', 'status', known.run)
    await expect.poll(async () => (await status()).value.state, { timeout: 60_000 }).toBe('awaiting-review')
    expect((await as.survey('run', 'status', known.run)).out).toMatch(/^state +awaiting-review$/m)

    const result = (file: string, ...more: string[]) => [
      ...['run', 'result', known.run, '--contract', known.contract, '--out', at(file)],
      ...more,
    ]
    expect(await as.analyst.json(...result('early.csv'))).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'review-pending' } },
    })
    const review = ['result', 'review', '--contract', known.contract]
    expect((await as.reviewer(...review)).out).toContain(known.run)
    expect((await as.reviewer.json(...review)).value.reviews).toHaveLength(1)
    expect(await as.reviewer('result', 'review', known.run, '--contract', known.contract)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^state +released$/m),
    })

    const csv = await as.analyst(...result('answer.csv', '--receipt', at('receipt.json'), '--wait'))
    expect(csv).toMatchObject({ exitCode: 0, out: expect.stringContaining('receipt valid, SIMULATED hardware') })
    expect((await as.analyst.json(...result('answer.json'))).value.rowCount).toBe(3)
    expect((await as.analyst(...result('answer.parquet'))).exitCode).toBe(0)
    const expected = expectedAnswer(120)
    expect((await readFile(at('answer.csv'), 'utf8')).trim().split('\n')).toEqual([
      'district,visits,mean_cost',
      ...expected.map(([district, visits, mean]) => `${district},${visits},${Number.isInteger(mean) ? mean.toFixed(1) : mean}`),
    ])
    const rows = JSON.parse(await readFile(at('answer.json'), 'utf8')) as { district: string }[]
    expect(rows.map(({ district }) => district)).toEqual(expected.map(([district]) => district))
    expect((await readTable(at('answer.parquet'))).rows).toEqual(expected)

    expect(await as.analyst.json(...result('answer.csv'))).toMatchObject({
      exitCode: 1,
      value: { error: { code: 'already-exists' } },
    })
    expect(await as.survey.json(...result('stolen.csv'))).toMatchObject({ exitCode: 2 })
    expect((await readdir(folder)).filter((name) => /early|stolen|\.reinraum/.test(name))).toEqual([])
  })

  it('the receipt is checked offline, and not one byte of it can change', async () => {
    expect(await offline('receipt', 'verify', at('receipt.json'))).toMatchObject({ exitCode: 0, err: '' })
    const { value } = await offline.json('receipt', 'verify', at('receipt.json'))
    expect(value).toMatchObject({ valid: true, hardware: false, receipt: { run: known.run } })
    const bytes = await readFile(at('receipt.json'))
    // Inside the longest base64url run there is: a signature or evidence.
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = bytes[middle] === 0x41 ? 0x42 : 0x41
    await writeFile(at('spoilt.json'), bytes)
    expect(await offline('receipt', 'verify', at('spoilt.json'))).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('receipt INVALID'),
    })
  })

  it('a second run is followed to its end, with the review of it at another desk', async () => {
    const waiting = as.analyst.json(
      ...['run', 'start', known.query, '--contract', known.contract, '--set', 'floor=0', '--wait'],
      ...['--out', at('second.json'), '--receipt', at('second.receipt.json')],
    )
    const review = ['result', 'review', '--contract', known.contract]
    const pending = async () => (await as.reviewer.json(...review)).value.reviews as unknown as readonly { runId: string }[]
    await expect.poll(async () => (await pending()).length, { timeout: 60_000 }).toBe(1)
    const [first] = await pending()
    expect((await as.reviewer.json('result', 'review', first?.runId ?? '', '--contract', known.contract)).value.state).toBe(
      'released',
    )
    expect(await waiting).toMatchObject({ exitCode: 0, value: { rowCount: 3, receipt: { valid: true } } })
  })

  it('the logs of the key services say who got which keys, and what was done to them, in chains that anybody can verify', async () => {
    const log = await as.analyst('keys', 'log', '--contract', known.contract)
    expect({ exitCode: log.exitCode, err: log.err }).toEqual({ exitCode: 0, err: '' })
    expect(log.out).toMatch(
      new RegExp(`^[^ ]+  released visits  analyst  ${known.run}  ${known.query}  sha256:[0-9a-f]{64}  SIMULATED$`, 'm'),
    )
    expect(log.out).toMatch(/^[^ ]+ {2}destruction-cancelled +health, key [A-Za-z0-9_-]{43} {2}visits sha256:/m)
    const { value } = await as.survey.json('keys', 'log', '--contract', known.contract)
    expect(value.keyServices).toMatchObject([
      { verified: true, broken: null },
      { verified: true, broken: null },
    ])
  })

  it('a queued run is taken back, a finished one is not', async () => {
    await rooms.room.kill('executor')
    const start = ['run', 'start', known.query, '--contract', known.contract, '--set', 'floor=0']
    const { value } = await as.analyst.json(...start)
    expect((await as.health('run', 'cancel', text(value.runId))).exitCode).toBe(2)
    expect(await as.analyst.json('run', 'cancel', text(value.runId))).toMatchObject({
      exitCode: 0,
      value: { state: 'cancelled' },
    })
    expect(await as.analyst('run', 'status', text(value.runId))).toMatchObject({ exitCode: 2 })
    expect(await as.analyst(...start)).toMatchObject({ exitCode: 0, out: expect.stringContaining('queued') })
    expect(await as.analyst('run', 'cancel', known.run)).toMatchObject({ exitCode: 1, out: expect.stringContaining('completed') })
  })

  it('what an owner revokes is refused from then on', async () => {
    const revoke = ['revoke', '--contract', known.contract, '--reason', 'changed our mind']
    expect(await as.health(...revoke)).toMatchObject({ exitCode: 1 })
    const revoked = await as.health.json(...revoke, '--approval', known.approval)
    expect(revoked).toMatchObject({ exitCode: 0, value: { deliveries: [{ failed: null }, { failed: null }, { failed: null }] } })
    expect(await as.analyst.json('run', 'start', known.query, '--contract', known.contract, '--set', 'floor=0')).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'approval-revoked' } },
    })
    expect((await as.health(...revoke, '--dataset', known.manifest)).exitCode).toBe(0)
    // The same under the group of the keys, for those who look for it there.
    expect(await as.health('keys', ...revoke, '--member', 'analyst')).toMatchObject({ exitCode: 0 })
    expect((await as.health.json('keys', ...revoke, '--whole-contract')).value.deliveries).toHaveLength(3)
  })

  it('and every command spoke to people as well as to programs', () => {
    expect([...ran.text].sort()).toEqual([...commands].sort())
    expect([...ran.json].sort()).toEqual([...commands].sort())
  })
})

describe('bad input ends in one sentence, and with nothing half-done:', () => {
  const seal = (file: string, state = 'state') => [
    ...['dataset', 'seal', at(file), '--contract', at('contract.json')],
    ...['--slot', 'visits', '--state', at(state)],
  ]
  const versions = async () => (await as.analyst.json('dataset', 'list', '--contract', known.contract)).value.manifests

  it.each([
    ['an empty file', 'empty.csv', '', 'unreadable-input', 'is empty'],
    ['a file of another kind', 'visits.xlsx', 'PK', 'unreadable-input', 'neither .parquet'],
    ['columns that are not the slot’s', 'short.csv', 'person,cost\na,1\n', 'schema-mismatch', 'lacks the columns district, note'],
    [
      'values of another type',
      'typed.csv',
      'person,district,cost,note\na,b,canary,d\n',
      'schema-mismatch',
      'cost: 1 values are no BIGINT',
    ],
  ])('%s is not sealed', async (_, name, content, code, sentence) => {
    const before = await versions()
    await writeFile(at(name), content)
    const { exitCode, value } = await as.health.json(...seal(name))
    expect({ exitCode, code: value.error?.code }).toEqual({ exitCode: 1, code })
    expect(text(value.error?.message)).toContain(sentence)
    expect(text(value.error?.message)).not.toContain('canary')
    expect(await readdir(at('state'))).toEqual([])
    expect(await versions()).toEqual(before)
  })

  it('a file with a column type that the engine cannot convert is not sealed', async () => {
    await writeFile(at('nested.json'), JSON.stringify([{ person: 'a', district: 'b', cost: { amount: [1, 2] }, note: 'canary' }]))
    const { exitCode, value } = await as.health.json(...seal('nested.json'))
    expect({ exitCode, code: value.error?.code }).toEqual({ exitCode: 1, code: 'schema-mismatch' })
    expect(text(value.error?.message)).not.toContain('canary')
    expect(await readdir(at('state'))).toEqual([])
  })

  it('a disk that fills while a file is sealed is said to be full', async () => {
    const note = () => crypto.randomUUID()
    const rows = Array.from({ length: 5000 }, () => `${note()},north,1,${note()}`)
    await writeFile(at('long.csv'), ['person,district,cost,note', ...rows].join('\n'))
    const answer = await withShortFiles({ room: rooms.room.roomFile, identity: at('health.json') }, seal('long.csv', 'small'))
    expect(answer).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^reinraum: no room left for .+ \(storage-full\)\n$/),
    })
    expect(await readdir(at('small'))).toEqual([])
  })

  it('a stranger is told nothing of a contract, and a member’s file is of no use to one', async () => {
    await offline('identity', 'create', '--out', at('stranger.json'))
    const stranger = commandLine({ room: rooms.room.roomFile, identity: at('stranger.json') })
    const code = async (...argv: string[]) => (await stranger.json(...argv)).value.error?.code
    expect(await code('contract', 'show', known.contract)).toBe('not-found')
    expect(await code('run', 'status', known.run)).toBe('not-found')
    expect(await code(...seal('visits.csv'))).toBe('unknown-member')
  })

  it('a service that restarts is waited for, one that does not is named', async () => {
    await rooms.room.kill('governance')
    const gone = await as.analyst('run', 'status', known.run)
    expect(gone).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^reinraum: governance: .+ is not reachable \(unavailable\)\n$/),
    })
    const restarted = rooms.room.restart('governance')
    let answer = await as.analyst('run', 'status', known.run)
    // A machine with too much to do may take longer to start a process than one command waits.
    if (answer.exitCode !== 0) {
      await restarted
      answer = await as.analyst('run', 'status', known.run)
    }
    expect(answer).toMatchObject({ exitCode: 0, out: expect.stringContaining('completed') })
    await restarted
  })
})
