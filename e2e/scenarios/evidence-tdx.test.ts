import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import {
  appraise,
  createSimulatedPlatform,
  createSimulatedTdxPlatform,
  evidenceId,
  intelRoot,
  referenceValuesSchema,
  type SimulatedPlatform,
  type SimulatedTdxOverrides,
  type SimulatedTdxPlatform,
} from '@reinraum/attestation'
import { readTable, verifyExecutor, verifyKeyService, verifyReceiptBundle } from '@reinraum/client'
import { evidenceRequestSubject } from '@reinraum/kit'
import { EvidenceSchema } from '@reinraum/proto'
import { evidenceFromMessage, evidenceToMessage } from '@reinraum/rpc'
import { type Contract, parseStatement, type RunBundleBytes } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type CleanRoom, readyToRun, reviewAndOpen, settle, start } from '../harness/clean-room.ts'
import { commandLine } from '../harness/command-line.ts'
import { outcomeOf, type Prepared, type PrepareOptions, type RogueExecutor, rogueExecutor } from '../harness/rogue-executor.ts'
import { hasS3Server, startS3Server } from '../harness/s3-server.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { expectedAnswer } from '../harness/visits.ts'

// Where there is an S3 server, this room's objects lie in it: a room of their own would take longer to start than all of this.
const s3 = hasS3Server ? await startS3Server() : undefined
afterAll(() => s3?.stop())
const inBucket = s3 && {
  ingestion: { objects: s3.objects('ingestion/') },
  release: { objects: s3.objects('release/') },
  executor: { ciphertext: s3.objects('ingestion/') },
}
const rooms = useCleanRooms({ platform: 'tdx', ...(inBucket && { overrides: inBucket }) })
/** Simulated hardware beside the room's own, so that what the key service sees of it changes nothing for the room. */
let others: { readonly tdx: SimulatedTdxPlatform; readonly snp: SimulatedPlatform }
let clean: CleanRoom
let rogue: RogueExecutor
let queryId: string

const fileOf = (tee: 'tdx' | 'snp') => join(rooms.room.directory, `other-${tee}.json`)

beforeAll(async () => {
  const [tdx, snp] = await Promise.all([createSimulatedTdxPlatform(), createSimulatedPlatform({ modulusLength: 2048 })])
  others = { tdx, snp }
  for (const tee of ['tdx', 'snp'] as const) await writeFile(fileOf(tee), JSON.stringify(others[tee]), { mode: 0o600 })
  clean = await rooms.open({
    change: (contract) => withRoots(contract, (roots) => [...roots, { sha256: tdx.rootSha256, simulated: true }]),
  })
  rogue = await rogueExecutor(rooms.room)
  queryId = await readyToRun(clean, { maximumRuns: 50 })
  return () => rogue.close()
}, 180_000)

type Tdx = NonNullable<Contract['executors']['tdx']>

function withRoots(contract: Contract, change: (roots: Tdx['roots']) => Tdx['roots']): Contract {
  const { tdx } = contract.executors
  if (tdx === undefined) throw new Error('the room’s own reference values name no TDX')
  return { ...contract, executors: { tdx: { ...tdx, roots: change(tdx.roots) } } }
}

/** Asks for the keys of a fresh run with evidence that is perfect but for what the options say. */
async function ask(options: PrepareOptions = {}, of: { clean: CleanRoom; queryId: string } = { clean, queryId }) {
  const bundle: RunBundleBytes = await rogue.bundleOf(await start(of.clean, of.queryId))
  const prepared = await rogue.prepare(bundle, 'health-keys', options)
  return { prepared, outcome: outcomeOf(await rogue.keys('health-keys').releaseKeys(prepared.request)) }
}

/** What the contract itself says of the evidence, without anything that the key service remembers. */
async function reasonsFor({ evidence, reportData }: Prepared) {
  const shown = evidenceFromMessage(evidence)
  const { executors } = clean.contract.document
  return (await appraise(shown.evidence, shown.endorsements, executors, { reportData }, new Date())).reasons
}

/** The newest entry about this evidence in the key service's release log. */
async function logged({ evidence }: Prepared) {
  const id = evidenceId(evidenceFromMessage(evidence).evidence)
  const { releases } = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  const documents = releases.map((statement) => parseStatement(statement).document)
  return documents.findLast((document) => document.kind === 'reinraum/release/v1' && document.evidence === id)
}

it.runIf(s3)('ciphertext and results lie in a bucket, and the executor reads there without the ingestion service', async () => {
  const kinds = async () => (await s3?.keys())?.map((key) => key.replace(/[0-9a-f]{64}/, '*')).sort()
  const before = (await kinds()) ?? []
  const own = await rooms.open()
  const asked = await readyToRun(own)
  await rooms.room.kill('ingestion')
  const runId = await start(own, asked, { parameters: { floor: 120 } })
  expect((await settle(own, runId)).state).toBe('awaiting-review')
  await rooms.room.restart('ingestion')
  const { rows } = await readTable((await reviewAndOpen(own, runId)).file)
  expect(rows).toEqual(expectedAnswer(120).map(([district, visits, mean]) => [district, visits, mean]))
  expect(await kinds()).toEqual([...before, 'ingestion/objects/*', 'ingestion/objects/*', 'release/objects/*'].sort())
})

describe('on TDX', () => {
  it('a run goes its whole way, and its receipt proves offline on what it ran', async () => {
    const shared = await verifyKeyService(clean.sessions.survey, clean.contract, 'shared-keys')
    expect(shared.appraisal).toMatchObject({ status: 'affirming', hardware: false, tee: 'tdx' })
    const runId = await start(clean, queryId, { parameters: { floor: 120 } })
    expect((await settle(clean, runId)).state).toBe('awaiting-review')
    const opened = await reviewAndOpen(clean, runId)
    const expected = expectedAnswer(120).map(([district, visits, mean]) => [district, visits, mean])
    expect((await readTable(opened.file)).rows).toEqual(expected)

    const offline = await verifyReceiptBundle(opened.receiptBundle, { contract: clean.contract.id })
    expect(offline).toMatchObject({ valid: true, appraisal: { hardware: false, tee: 'tdx', status: 'affirming' } })
    const { collateral: _, ...evidence } = JSON.parse(Buffer.from(opened.receiptBundle).toString()).evidence
    const bundle = { ...JSON.parse(Buffer.from(opened.receiptBundle).toString()), evidence }
    expect((await verifyReceiptBundle(Buffer.from(JSON.stringify(bundle)))).checks.at(-1)).toEqual({
      name: 'evidence',
      passed: false,
      detail: 'evidence-contraindicated: collateral-missing',
    })
  })

  it('a partner reads that the executor is a TD, and simulated', async () => {
    const identity = join(clean.directory, 'health.json')
    await writeFile(identity, JSON.stringify(clean.identities.health), { mode: 0o600 })
    const health = commandLine({ room: rooms.room.roomFile, identity })
    const verify = ['executor', 'verify', '--contract', clean.contract.id]
    const { exitCode, out } = await health(...verify)
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^affirming, SIMULATED hardware\n {2}TCB UpToDate /)
    expect(out).toMatch(/^ {2}✓ mrtd/m)
    expect(out).toMatch(/^what the TDX quote says:$/m)
    expect((await health.json(...verify)).value).toMatchObject({ status: 'affirming', hardware: false, tee: 'tdx' })
  })
})

describe('a contract that accepts', () => {
  it('SEV-SNP only gets no keys for a TD', async () => {
    const { product, arkSha256 } = others.snp
    const executors = referenceValuesSchema.parse({
      snp: {
        roots: [{ product, sha256: arkSha256, simulated: true }],
        measurements: [rooms.room.platform.measurements.executor],
      },
    })
    const snpOnly = await rooms.open({ change: (contract) => ({ ...contract, executors }) })
    const appraisal = await verifyExecutor(snpOnly.sessions.health, snpOnly.contract)
    expect(appraisal).toMatchObject({ status: 'contraindicated', reasons: ['unsupported-evidence'] })
    const query = await readyToRun(snpOnly)
    expect((await ask({ platformFile: fileOf('snp') }, { clean: snpOnly, queryId: query })).outcome).toBe('released')
    const runId = await start(snpOnly, query)
    expect(await settle(snpOnly, runId)).toMatchObject({ state: 'failed', reason: 'evidence-contraindicated' })
  })

  it('TDX only gets no keys for an SEV-SNP guest', async () => {
    const { outcome, prepared } = await ask({ platformFile: fileOf('snp') })
    expect(outcome).toBe('evidence-contraindicated')
    expect(await reasonsFor(prepared)).toEqual(['unsupported-evidence'])
  })

  it('Intel’s hardware only is told that this is none', async () => {
    const strict = await rooms.open({
      change: (contract) => withRoots(contract, () => [{ sha256: intelRoot, simulated: false }]),
    })
    const appraisal = await verifyExecutor(strict.sessions.health, strict.contract)
    expect(appraisal).toMatchObject({ status: 'contraindicated', hardware: false, reasons: ['root-not-pinned'] })
  })
})

const hours = (count: number) => new Date(Date.now() + count * 3_600_000)
const old = (): { issueDate: string; nextUpdate: string } => {
  const [issueDate, nextUpdate] = [hours(-48), hours(-24)].map((time) => time.toISOString().replace(/\.\d{3}Z$/, 'Z'))
  return { issueDate: issueDate ?? '', nextUpdate: nextUpdate ?? '' }
}

describe('a key service denies a TD, and its log says so, when', () => {
  it.each<[string, string, SimulatedTdxOverrides]>([
    ['the host may debug it', 'debug-enabled', { body: { tdAttributes: (1n << 28n) | 1n } }],
    ['its platform is out of date', 'tcb-status-not-allowed', { pckExtension: (p) => ({ ...p, pceSvn: 10 }) }],
    ['its TCB info is stale', 'tcb-info-expired', { tcbInfo: (info) => ({ ...info, ...old() }) }],
    ['its QE identity is stale', 'qe-identity-expired', { qeIdentity: (identity) => ({ ...identity, ...old() }) }],
    [
      'its revocation list is stale',
      'crl-expired',
      { pckCrl: (list) => ({ ...list, thisUpdate: hours(-48), nextUpdate: hours(-24) }) },
    ],
    ['no collateral comes along', 'collateral-missing', { endorsements: () => ({ certificates: [], crls: [] }) }],
    [
      'its quote was changed',
      'quote-signature-invalid',
      { afterSigning: (quote) => quote.map((byte, at) => (at === 200 ? byte ^ 1 : byte)) },
    ],
  ])('%s', async (_, reason, tdx) => {
    const { prepared, outcome } = await ask({ tdx })
    expect(outcome).toBe('evidence-contraindicated')
    expect(await reasonsFor(prepared)).toEqual([reason])
    expect(await logged(prepared)).toMatchObject({
      outcome: { decision: 'denied', reason: 'evidence-contraindicated' },
      hardware: false,
    })
  })

  it('nothing of that is so, it releases', async () => {
    const { prepared, outcome } = await ask()
    expect(outcome).toBe('released')
    expect(await logged(prepared)).toMatchObject({ outcome: { decision: 'released' }, hardware: false })
  })
})

describe('a key service that has seen newer lists and collateral', () => {
  /** Lists and collateral of the other platform, as its vendor might issue them over time. */
  const issued = (list: number, evaluation: number): PrepareOptions => {
    const numbered: SimulatedTdxOverrides['pckCrl'] = (content) => ({
      ...content,
      extensions: content.extensions.map((e) => (e.oid === '2.5.29.20' ? { ...e, value: Uint8Array.of(2, 1, list) } : e)),
    })
    const tcbEvaluationDataNumber = evaluation
    return {
      platformFile: fileOf('tdx'),
      tdx: {
        pckCrl: numbered,
        tcbInfo: (info) => ({ ...info, tcbEvaluationDataNumber }),
        qeIdentity: (identity) => ({ ...identity, tcbEvaluationDataNumber }),
      },
    }
  }

  it('denies older ones from then on, though they are in force, and no other root is touched', async () => {
    const outcomes = []
    for (const [list, evaluation] of [
      [3, 17],
      [5, 19],
      [4, 19],
      [5, 18],
      [5, 19],
    ] as const) {
      const { prepared, outcome } = await ask(issued(list, evaluation))
      expect(await reasonsFor(prepared)).toEqual([])
      outcomes.push([list, evaluation, outcome])
    }
    expect(outcomes).toEqual([
      [3, 17, 'released'],
      [5, 19, 'released'],
      [4, 19, 'evidence-contraindicated'],
      [5, 18, 'evidence-contraindicated'],
      [5, 19, 'released'],
    ])
    expect((await ask()).outcome).toBe('released')
  })
})

it('the largest evidence that an executor can answer with reaches the partner, who judges it', async () => {
  const filled = (length: number) => new Uint8Array(length).fill(0x41)
  const largest = evidenceToMessage({
    evidence: { tee: 'tdx', quote: filled(65_536), eventLog: filled(262_144) },
    endorsements: {
      certificates: Array.from({ length: 8 }, () => filled(4096)),
      crls: Array.from({ length: 4 }, () => filled(24_576)),
      collateral: filled(131_072),
    },
  })
  await rooms.room.kill('executor')
  const nats = await rooms.room.natsAs('executor')
  onTestFinished(() => nats.close())
  nats.subscribe(evidenceRequestSubject, {
    queue: 'executors',
    callback: (_, message) => void message.respond(toBinary(EvidenceSchema, largest)),
  })
  await nats.flush()
  const appraisal = await verifyExecutor(clean.sessions.health, clean.contract)
  expect(appraisal).toMatchObject({ tee: 'tdx', status: 'contraindicated', claims: null })
  expect(appraisal.reasons).toContain('qe-vendor-unknown')
})
