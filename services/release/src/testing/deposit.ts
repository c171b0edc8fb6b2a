import { digestId, parseStrictJson, randomBytes, sha256, toBase64url, toHex, utf8 } from '@reinraum/crypto'
import type { ResultIntakeService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import { createSigner, parseStatement, type Query, type Receipt, type Run, signStatement } from '@reinraum/statements'
import { type Gate, sealGate } from './gate.ts'
import { at, manifestId, type Room, signAs, soon } from './room.ts'

export interface Deposit {
  readonly runId: string
  readonly receiptId: string
  readonly queryId: string
  readonly ciphertext: Uint8Array
  readonly key: Uint8Array
  readonly gate: Gate
  readonly header: DepositHeaderInit
}

export interface DepositHeaderInit {
  readonly runId: string
  readonly receiptBundle: Uint8Array
  readonly gateLayer: Uint8Array
  readonly inspectionKeys: readonly { readonly member: string; readonly sealedKey: Uint8Array }[]
  readonly length: bigint
}

export interface DepositChanges {
  readonly query?: (query: Query) => Query
  readonly run?: (run: Run) => Run
  readonly receipt?: (receipt: Receipt) => Receipt
  readonly bundle?: (bundle: Record<string, unknown>) => unknown
  readonly header?: (header: DepositHeaderInit, gate: Gate) => DepositHeaderInit
  readonly ciphertext?: Uint8Array
  /** An earlier deposit whose run this one is of. */
  readonly sameRunAs?: Deposit
  /** Who signs the run instead of the analyst. */
  readonly runSigner?: string
}

/** What an executor deposits after a run, but for the changes; each call is another run. */
export async function makeDeposit(room: Room, changes: DepositChanges = {}): Promise<Deposit> {
  const same = <T>(value: T): T => value
  const { contract, identities } = room
  const ciphertext = changes.ciphertext ?? randomBytes(100_000)
  const key = randomBytes(32)
  const earlier = changes.sameRunAs === undefined ? undefined : bundleOf(changes.sameRunAs)

  const query =
    earlier === undefined ? await signAs(identities, 'analyst', (changes.query ?? same)(queryOf(room))) : jws(earlier.query)
  const queryId = parseStatement(query).id
  const run =
    earlier === undefined
      ? await signAs(identities, changes.runSigner ?? 'analyst', (changes.run ?? same)(runOf(room, queryId)))
      : jws(earlier.run)
  const runId = parseStatement(run).id
  const { document } = parseStatement(run) as { document: Run }
  const gate = await sealGate(contract.document, document.recipients, runId, key)

  const signer = await createSigner()
  const release = await signAs(identities, 'air-keys', {
    kind: 'reinraum/release/v1',
    keyService: 'air-keys',
    contract: contract.id,
    run: runId,
    query: queryId,
    by: 'analyst',
    sequence: 1,
    previous: null,
    outcome: { decision: 'released', datasets: [{ slot: 'flights', manifest: manifestId }], runs: [] },
    evidence: digestId(utf8('report')),
    hardware: false,
    decidedAt: at(0),
  })
  const receiptDocument: Receipt = {
    kind: 'reinraum/receipt/v1',
    contract: contract.id,
    query: queryId,
    run: runId,
    manifests: [{ slot: 'flights', manifest: manifestId }],
    rewrittenSql: digestId(utf8('sql')),
    guard: '1',
    engine: '1',
    result: { object: `sha256:${toHex(sha256(ciphertext))}`, length: ciphertext.length, format: 'reinraum/result-file/v1' },
    gate: {
      recipients: document.recipients,
      reviewers: contract.document.results.reviewers.map(({ member }) => member),
      layers: [...gate.ids],
    },
    releases: [parseStatement(release).id],
    binding: { nonces: { 'air-keys': toBase64url(randomBytes(32)) }, kem: toBase64url(randomBytes(32)), sig: signer.keys },
    evidence: digestId(utf8('report')),
    finishedAt: at(0),
  }
  const receipt = await signStatement((changes.receipt ?? same)(receiptDocument), signer)
  const bundle: Record<string, unknown> = {
    kind: 'reinraum/receipt-bundle/v1',
    contract: json(contract.bytes),
    query: json(query),
    run: json(run),
    decisions: [],
    // Its form is all that this service looks at.
    manifests: [json(release)],
    releases: [json(release)],
    evidence: { tee: 'snp', report: toBase64url(utf8('report')), certificates: [], crls: [] },
    receipt: json(receipt),
  }
  const header: DepositHeaderInit = {
    runId,
    receiptBundle: utf8(JSON.stringify((changes.bundle ?? same)(bundle))),
    gateLayer: gate.layers[0] ?? new Uint8Array(),
    inspectionKeys: gate.inspectionKeys,
    length: BigInt(ciphertext.length),
  }
  const receiptId = parseStatement(receipt).id
  return { runId, receiptId, queryId, ciphertext, key, gate, header: (changes.header ?? same)(header, gate) }
}

export function bundleOf(deposit: Deposit): Record<string, unknown> {
  return parseStrictJson(deposit.header.receiptBundle, { maxBytes: 64 * 2 ** 20 }) as Record<string, unknown>
}

export function send(
  executor: Client<typeof ResultIntakeService>,
  { header, ciphertext }: Pick<Deposit, 'header' | 'ciphertext'>,
) {
  return executor.depositResult(
    (async function* () {
      yield headerMessage(header)
      for (let offset = 0; offset < ciphertext.length; offset += 30_000)
        yield dataMessage(ciphertext.subarray(offset, offset + 30_000))
    })(),
  )
}

export function headerMessage(header: DepositHeaderInit) {
  return { message: { case: 'header' as const, value: { ...header, inspectionKeys: [...header.inspectionKeys] } } }
}

export function dataMessage(data: Uint8Array) {
  return { message: { case: 'data' as const, value: data } }
}

function jws(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value))
}

function json(bytes: Uint8Array): unknown {
  return parseStrictJson(bytes)
}

function queryOf({ contract }: Room): Query {
  return {
    kind: 'reinraum/query/v1',
    contract: contract.id,
    by: 'analyst',
    title: 'Strikes',
    purpose: '',
    sql: 'SELECT 1',
    parameters: [],
    slots: ['flights'],
    createdAt: at(0),
  }
}

function runOf({ contract }: Room, query: string): Run {
  return {
    kind: 'reinraum/run/v1',
    contract: contract.id,
    query,
    by: 'analyst',
    parameters: {},
    versions: { flights: manifestId },
    recipients: ['analyst'],
    validity: soon,
    nonce: toBase64url(randomBytes(32)),
  }
}
