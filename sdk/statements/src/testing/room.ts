import { referenceValuesSchema } from '@reinraum/attestation'
import { canonicalBytes, digestId, toBase64url } from '@reinraum/crypto'
import type { RunBundleBytes } from '../bundle/verify-run-bundle.ts'
import type { Document, DocumentInput } from '../document.ts'
import { createIdentity, type Identity, publicKeysOf, signerOf } from '../identity.ts'
import { encodeStatement } from '../jws.ts'
import type { Contract, Member } from '../kinds/contract.ts'
import type { Approval, Rejection } from '../kinds/decision.ts'
import type { Manifest } from '../kinds/manifest.ts'
import type { Query } from '../kinds/query.ts'
import type { Revocation } from '../kinds/revocation.ts'
import type { Run } from '../kinds/run.ts'
import { mergeSignatures } from '../merge-signatures.ts'
import { signStatement } from '../sign-statement.ts'

export const now = new Date('2026-11-21T12:00:00.000Z')
export const during = { notBefore: '2026-11-21T11:00:00.000Z', notAfter: '2026-11-21T13:00:00.000Z' }
export const before = { notBefore: '2026-11-21T10:00:00.000Z', notAfter: '2026-11-21T11:59:59.999Z' }
export const after = { notBefore: '2026-11-21T12:00:00.001Z', notAfter: '2026-11-21T13:00:00.000Z' }
const createdAt = '2026-11-21T11:00:00.000Z'
const nonce = toBase64url(new Uint8Array(32).fill(7))

export type PartyName = (typeof partyNames)[number]
/**
 * Two agencies that own data (`air` also runs a key service), an analyst, a data protection officer who approves without
 * owning, a reviewer, two key services, and a stranger who is in no contract.
 */
const partyNames = ['air', 'bird', 'analyst', 'officer', 'reviewer', 'air-keys', 'shared-keys', 'stranger'] as const
export type Parties = Readonly<Record<PartyName, Identity>>

export async function createParties(): Promise<Parties> {
  const identities = await Promise.all(partyNames.map(async (name) => [name, await createIdentity()] as const))
  return Object.fromEntries(identities) as Parties
}

/** What was signed already: a room differs from the last one in a document or two. */
const signed = new Map<string, Promise<Uint8Array>>()

/** Signs as the party named. */
export function signAs(parties: Parties, name: string, document: DocumentInput): Promise<Uint8Array> {
  const identity = (parties as Readonly<Record<string, Identity>>)[name]
  if (!identity) throw new Error(`no party ${name}`)
  const key = `${identity.signing.ed25519.x} ${JSON.stringify(document)}`
  const known = signed.get(key) ?? signStatement(document, signerOf(identity))
  signed.set(key, known)
  return known
}

/** Signs as each of the parties. */
export async function signAsAll(parties: Parties, names: readonly string[], document: DocumentInput): Promise<Uint8Array> {
  const copies = await Promise.all(names.map((name) => signAs(parties, name, document)))
  const [first, ...rest] = copies
  if (!first) throw new Error('nobody signs')
  return rest.reduce<Promise<Uint8Array>>(async (merged, copy) => mergeSignatures(await merged, copy), Promise.resolve(first))
}

export function member(parties: Parties, id: PartyName, roles: Member['roles']): Member {
  return { id, name: `The ${id}`, roles, keys: publicKeysOf(parties[id]) }
}

const executors = referenceValuesSchema.parse({
  snp: {
    roots: [{ product: 'Genoa', sha256: 'ab'.repeat(32), simulated: true }],
    measurements: ['cd'.repeat(48)],
  },
})

/** `strikes` asks its owner and the officer for approval, `flights` its owner; `airports` may be aggregated without. */
export function contractOf(parties: Parties): Contract {
  return {
    kind: 'reinraum/contract/v1',
    name: 'Bird strikes',
    purpose: 'Where and when aircraft meet birds',
    members: [
      member(parties, 'air', ['owner']),
      member(parties, 'bird', ['owner']),
      member(parties, 'analyst', ['analyst', 'recipient']),
      member(parties, 'officer', []),
      member(parties, 'reviewer', ['reviewer']),
    ],
    slots: [
      slot('strikes', 'bird', ['template'], ['bird', 'officer'], 'shared-keys'),
      slot('flights', 'air', ['template'], ['air'], 'air-keys'),
      slot('airports', 'air', ['aggregation', 'template'], ['air'], 'air-keys'),
    ],
    keyServices: [
      { id: 'air-keys', custody: 'owner', operator: 'air', keys: publicKeysOf(parties['air-keys']) },
      { id: 'shared-keys', custody: 'attested', keys: publicKeysOf(parties['shared-keys']), referenceValues: executors },
    ],
    executors,
    results: { recipients: ['analyst', 'air'], reviewers: [{ member: 'reviewer', mode: 'approve' }] },
    validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
    nonce,
  }
}

function slot(
  id: string,
  owner: PartyName,
  modes: Contract['slots'][number]['rule']['modes'],
  by: PartyName[],
  keyService: PartyName,
): Contract['slots'][number] {
  return {
    id,
    owner,
    schema: {
      columns: [
        { name: 'state', type: 'VARCHAR' },
        { name: 'operator', type: 'VARCHAR' },
      ],
    },
    rule: {
      version: 1,
      modes,
      privacyUnit: { column: 'operator' },
      columns: { state: { dimension: true } },
      output: { minimumGroupSize: 5, maxRows: 1000 },
      approvals: { by, threshold: 'all' },
    },
    keyService,
  }
}

/** The documents of one room, each as the next one refers to it. A change replaces a document before it is signed. */
export type Changes = {
  readonly contract?: (contract: Contract) => Contract
  readonly manifest?: (manifest: Manifest) => Manifest
  readonly query?: (query: Query) => Query
  readonly approval?: (approval: Approval) => Approval | undefined
  readonly decisions?: (room: Referable) => readonly (Approval | Rejection)[]
  readonly run?: (run: Run, room: Referable) => Run
  readonly revocations?: (room: Referable) => readonly Revocation[]
  /** who signs instead of the one that the document names */
  readonly signer?: (document: Document) => string | undefined
}
/** What later documents refer to by id. */
export type Referable = {
  readonly contract: string
  readonly query: string
  readonly manifests: Readonly<Record<string, string>>
  readonly approvals: Readonly<Record<string, string>>
}
export type Room = Referable & { readonly parties: Parties; readonly bundle: RunBundleBytes; readonly run: string }

/** A bundle that verifies at `now`, but for the changes. */
export async function createRoom(parties: Parties, changes: Changes = {}): Promise<Room> {
  const same = <T>(document: T): T => document
  const sign = (document: Exclude<Document, { kind: 'reinraum/contract/v1' }> & { readonly by: string }) =>
    signAs(parties, changes.signer?.(document) ?? document.by, document)

  const contractDocument = (changes.contract ?? same)(contractOf(parties))
  const contract = idOf(contractDocument)
  const signers = contractDocument.members.map((m) => m.id)
  const contractBytes = await signAsAll(parties, signers, contractDocument)

  const manifestDocuments = contractDocument.slots.map((s, i) => (changes.manifest ?? same)(manifestOf(contract, s, i)))
  const manifests = Object.fromEntries(contractDocument.slots.map((s, i) => [s.id, idOf(manifestDocuments[i])]))

  const queryDocument = (changes.query ?? same)(queryOf(contract))
  const query = idOf(queryDocument)

  const approvalDocuments = (['air', 'bird', 'officer'] as const)
    .map((by) => (changes.approval ?? same<Approval | undefined>)(approvalOf({ contract, query, manifests }, by)))
    .filter((approval) => approval !== undefined)
  const approvals = Object.fromEntries(approvalDocuments.map((approval) => [approval.by, idOf(approval)]))
  const room: Referable = { contract, query, manifests, approvals }

  const runDocument = (changes.run ?? same)(runOf(room), room)
  const bundle: RunBundleBytes = {
    contract: contractBytes,
    query: await sign(queryDocument),
    run: await sign(runDocument),
    decisions: await Promise.all([...approvalDocuments, ...(changes.decisions?.(room) ?? [])].map(sign)),
    manifests: await Promise.all(manifestDocuments.map(sign)),
    revocations: await Promise.all((changes.revocations?.(room) ?? []).map(sign)),
  }
  return { ...room, parties, bundle, run: idOf(runDocument) }
}

export function manifestOf(contract: string, slot: Contract['slots'][number], index = 0): Manifest {
  return {
    kind: 'reinraum/manifest/v1',
    contract,
    slot: slot.id,
    version: 1,
    schema: slot.schema,
    by: slot.owner,
    rowCount: 10_000,
    object: digestId(Uint8Array.of(index)),
    length: 1_000_000,
    envelope: 'c2sp-cobblestone-256',
    keyCheck: 'A'.repeat(43),
    key: toBase64url(new Uint8Array(16).fill(index)),
    createdAt,
  }
}

export function queryOf(contract: string): Query {
  return {
    kind: 'reinraum/query/v1',
    contract,
    by: 'analyst',
    title: 'Strikes by state',
    purpose: '',
    sql: 'SELECT state, count(*) FROM strikes JOIN flights USING (operator) GROUP BY state',
    parameters: [
      { name: 'since', type: 'DATE', domain: { minimum: '2000-01-01', maximum: '2026-12-31' } },
      { name: 'state', type: 'VARCHAR', domain: { values: ['Texas', 'Ohio'] } },
      { name: 'limit', type: 'BIGINT', domain: { minimum: 1, maximum: 100 } },
    ],
    slots: ['airports', 'flights', 'strikes'],
    createdAt,
  }
}

export function approvalOf(room: Pick<Referable, 'contract' | 'query' | 'manifests'>, by: 'air' | 'bird' | 'officer'): Approval {
  const manifestIds = room.manifests as { strikes: string; flights: string }
  return {
    kind: 'reinraum/approval/v1',
    contract: room.contract,
    query: room.query,
    by,
    validity: during,
    maximumRuns: 3,
    versions: by === 'air' ? { flights: [manifestIds.flights] } : { strikes: [manifestIds.strikes] },
    createdAt,
  }
}

export function rejectionOf(room: Referable, by: PartyName): Rejection {
  return { kind: 'reinraum/rejection/v1', contract: room.contract, query: room.query, by, reason: 'No', createdAt }
}

export function revocationOf(room: Referable, by: PartyName, target: Revocation['target']): Revocation {
  return { kind: 'reinraum/revocation/v1', contract: room.contract, by, target, reason: '', createdAt }
}

function runOf(room: Referable): Run {
  return {
    kind: 'reinraum/run/v1',
    contract: room.contract,
    query: room.query,
    by: 'analyst',
    parameters: { since: '2024-02-29', state: 'Texas', limit: 100 },
    versions: room.manifests,
    recipients: ['analyst'],
    validity: during,
    nonce,
  }
}

export function idOf(document: unknown): string {
  return digestId(canonicalBytes(document))
}

/** Signs bytes that no honest writer would sign, with good signatures of the party. */
export async function signBytes(parties: Parties, name: PartyName, payload: Uint8Array): Promise<Uint8Array> {
  return encodeStatement(toBase64url(payload), await signerOf(parties[name]).sign(payload))
}

export function withRule(
  slot: Contract['slots'][number],
  rule: Partial<Contract['slots'][number]['rule']>,
): Contract['slots'][number] {
  return { ...slot, rule: { ...slot.rule, ...rule } }
}
