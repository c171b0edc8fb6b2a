import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { create } from '@bufbuild/protobuf'
import { generateHpkeKeyPair, hpkeSeal, randomBytes, utf8 } from '@reinraum/crypto'
import { ReleaseKeysRequestSchema } from '@reinraum/proto'
import { type DifferentialPrivacy, parseStatement, type Query } from '@reinraum/statements'
import { sql } from 'kysely'
import { releaseKeys } from '../rpc/release-keys.ts'
import { agreeAndImport } from './agreement.ts'
import { bundleOf, requestOf } from './attempt.ts'
import { noise } from './noise.ts'
import { type Room, startRoom } from './room.ts'

// Times decisions about releases in a process of their own, for e2e/bench/release.ts: from the request's message to the answer's,
// over a store on the disk, beside what none of them can avoid. Each decision is about a run of its own, under one contract and
// one query: what is warm is warm, and what no release has seen before is verified.

export type BenchRequest =
  /** so many decisions, each followed by one set of operations; of a query that debits a ledger, if it is `noisy` */
  | { readonly decisions: number; readonly noisy?: boolean }
  /** one set of operations, by a process that has slept until now */
  | { readonly operations: true }

export interface BenchAnswer {
  /** ms that each decision took, and each set of operations */
  readonly decisions: readonly number[]
  readonly operations: Readonly<Record<string, readonly number[]>>
  /** ms of a processor, over all threads of this process: each decision's, each set's */
  readonly processor: { readonly decisions: readonly number[]; readonly operations: readonly number[] }
}

const room = await startRoom()
const nextRequest = await requests(room)
const nextNoisyRequest = await requests(room, { ...noise, epsilonBudget: 1000 })
const operations = await unavoidable(join(room.folder, 'commits.sqlite'), await bytesOfRelease(room))
process.on('message', async (request: BenchRequest) => process.send?.(await perform(request)))
process.once('disconnect', () => void room.stop().then(() => process.exit()))
process.send?.({ ready: true })

async function perform(request: BenchRequest): Promise<BenchAnswer> {
  const taken = {
    decisions: [] as number[],
    operations: Object.fromEntries(Object.keys(operations).map((name): [string, number[]] => [name, []])),
    processor: { decisions: [] as number[], operations: [] as number[] },
  }
  const operate = async () => {
    const before = process.cpuUsage()
    for (const [name, operation] of Object.entries(operations)) taken.operations[name]?.push(await timeOf(operation))
    taken.processor.operations.push(processorTimeSince(before))
  }
  if ('operations' in request) {
    await operate()
    return taken
  }
  // Made ahead: a decision is timed without what an executor does for it.
  const made = []
  for (let i = 0; i < request.decisions; i++) made.push(await (request.noisy === true ? nextNoisyRequest() : nextRequest()))
  for (const each of made) {
    const before = process.cpuUsage()
    taken.decisions.push(await timeOf(() => released(room, each)))
    taken.processor.decisions.push(processorTimeSince(before))
    await operate()
  }
  return taken
}

async function released({ shared }: Room, request: Parameters<typeof releaseKeys>[1]): Promise<void> {
  const { outcome } = await releaseKeys(shared.vault, request)
  if (outcome.case !== 'released' || outcome.value.keys.length !== 1) throw new Error('one key should be released')
}

/** Requests for one run after the other of one approved query, which reads one slot. */
async function requests(room: Room, differentialPrivacy?: DifferentialPrivacy) {
  const asking = differentialPrivacy === undefined ? {} : { differentialPrivacy }
  const all = await agreeAndImport(room, (contract) => {
    return { ...contract, slots: contract.slots.map((slot) => ({ ...slot, rule: { ...slot.rule, ...asking } })) }
  })
  const agreement = { ...all, datasets: all.datasets.filter(({ slot }) => slot === 'strikes') }
  const first = await bundleOf(agreement, {
    query: (asked) => (differentialPrivacy === undefined ? asked : { ...asked, privacy: { epsilon: 0.001, delta: 0 } }),
    approval: (approval) => (approval.by === 'air' ? undefined : { ...approval, maximumRuns: 1_000_000 }),
  })
  const query = parseStatement(first.query).document as Query
  return async () => {
    const bundle = await bundleOf(agreement, {
      query: () => query,
      approval: () => undefined,
      bundle: (made) => ({ ...made, query: first.query, decisions: first.decisions }),
    })
    return create(ReleaseKeysRequestSchema, (await requestOf(agreement, room.shared, bundle)).request)
  }
}

/** What one release leaves in the store, but for its small rows. */
async function bytesOfRelease(room: Room): Promise<number> {
  await released(room, await nextRequest())
  const { rows } = await sql<{ bytes: number }>`
    select length(statement) + (select length(query) + length(run) from leases limit 1) as bytes from releases limit 1
  `.execute(room.shared.vault.store.db)
  return rows[0]?.bytes ?? Number.NaN
}

/**
 * One of each, with fresh inputs, as a release does them: the two signatures of the run, the one of the report, the seal of the
 * one key, the two signatures under the decision, and one durable commit of as many bytes.
 */
async function unavoidable(file: string, bytes: number): Promise<Record<string, () => unknown>> {
  const [ed25519, p384] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-384' })]
  const mldsa65 = generateKeyPairSync('ml-dsa-65')
  const statement = randomBytes(1200)
  const signed = (key: KeyObject, digest: string | null) => sign(digest, statement, key)
  const signatures = {
    ed25519: signed(ed25519.privateKey, null),
    mldsa65: signed(mldsa65.privateKey, null),
    p384: signed(p384.privateKey, 'sha384'),
  }
  const recipient = await generateHpkeKeyPair()
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table entries (entry blob)')
  const insert = database.prepare('insert into entries values (?)')
  return {
    'verify Ed25519': () => verify(null, statement, ed25519.publicKey, signatures.ed25519),
    'verify ML-DSA-65': () => verify(null, statement, mldsa65.publicKey, signatures.mldsa65),
    'verify ECDSA P-384': () => verify('sha384', statement, p384.publicKey, signatures.p384),
    'seal X-Wing': () => hpkeSeal(recipient.publicKey, randomBytes(32), { info: randomBytes(64), aad: utf8('manifest') }),
    'sign Ed25519': () => sign(null, statement, ed25519.privateKey),
    'sign ML-DSA-65': () => sign(null, statement, mldsa65.privateKey),
    'durable commit': () => insert.run(randomBytes(bytes)),
  }
}

function processorTimeSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function timeOf(operate: () => unknown): Promise<number> {
  const started = performance.now()
  await operate()
  return performance.now() - started
}
