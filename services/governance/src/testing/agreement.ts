import { digestId, randomBytes, toBase64url } from '@reinraum/crypto'
import {
  type Approval,
  type Contract,
  type DocumentInput,
  type Manifest,
  publicKeysOf,
  type Query,
  type Rejection,
  type Revocation,
  type Run,
} from '@reinraum/statements'
import { type SignedStatement, signByAll, simulatedExecutors } from '@reinraum/testing'
import type { Party, Room } from './room.ts'

const hour = 3600_000

/** A contract between `air`, who owns `flights`, `bird`, who owns `strikes`, and the analyst; nothing of it is recorded yet. */
export interface Agreement {
  readonly id: string
  /** signed by all */
  readonly bytes: Uint8Array
  /** signed by one */
  by(party: Party): Promise<Uint8Array>
  manifest(change?: Partial<Manifest>, signer?: Party): Promise<SignedStatement>
  query(change?: Partial<Query>, signer?: Party): Promise<SignedStatement>
  approval(query: string, by: Party, versions: Record<string, string[]>, change?: Partial<Approval>): Promise<SignedStatement>
  rejection(query: string, by: Party): Promise<SignedStatement>
  run(query: string, versions: Record<string, string>, change?: Partial<Run>, signer?: Party): Promise<SignedStatement>
  revocation(by: Party, target: Revocation['target']): Promise<SignedStatement>
}

export async function agree(room: Room, change: (contract: Contract) => Contract = (same) => same): Promise<Agreement> {
  const document = change(contractOf(room))
  const sign = (party: Party, statement: DocumentInput) => signByAll(statement, [room.identities[party]])
  const { id, bytes } = await signByAll(document, [room.identities.air, room.identities.bird, room.identities.analyst])
  const createdAt = () => new Date().toISOString()
  const validity = () => ({
    notBefore: new Date(Date.now() - hour).toISOString(),
    notAfter: new Date(Date.now() + hour).toISOString(),
  })
  return {
    id,
    bytes,
    by: async (party) => (await sign(party, document)).bytes,
    manifest: (changes = {}, signer = 'air') =>
      sign(signer, {
        kind: 'reinraum/manifest/v1',
        contract: id,
        slot: 'flights',
        version: 1,
        schema: { columns: [{ name: 'operator', type: 'VARCHAR' }] },
        by: 'air',
        rowCount: 10,
        object: digestId(randomBytes(8)),
        length: 1000,
        envelope: 'c2sp-cobblestone-256',
        keyCheck: 'A'.repeat(43),
        key: toBase64url(randomBytes(16)),
        createdAt: createdAt(),
        ...changes,
      }),
    query: (changes = {}, signer = 'analyst') =>
      sign(signer, {
        kind: 'reinraum/query/v1',
        contract: id,
        by: 'analyst',
        title: 'Flights',
        purpose: toBase64url(randomBytes(8)),
        sql: 'SELECT operator, count(*) FROM flights GROUP BY operator',
        parameters: [],
        slots: ['flights'],
        createdAt: createdAt(),
        ...changes,
      }),
    approval: (query, by, versions, changes = {}) =>
      sign(by, {
        kind: 'reinraum/approval/v1',
        contract: id,
        query,
        by,
        validity: validity(),
        maximumRuns: 5,
        versions,
        createdAt: createdAt(),
        ...changes,
      }),
    rejection: (query, by) =>
      sign(by, {
        kind: 'reinraum/rejection/v1',
        contract: id,
        query,
        by,
        reason: 'no',
        createdAt: createdAt(),
      } satisfies Rejection),
    run: (query, versions, changes = {}, signer = 'analyst') =>
      sign(signer, {
        kind: 'reinraum/run/v1',
        contract: id,
        query,
        by: 'analyst',
        parameters: {},
        versions,
        recipients: ['analyst'],
        validity: validity(),
        nonce: toBase64url(randomBytes(32)),
        ...changes,
      }),
    revocation: (by, target) =>
      sign(by, { kind: 'reinraum/revocation/v1', contract: id, by, target, reason: '', createdAt: createdAt() }),
  }
}

/** A contract in force, recorded. */
export async function agreeInForce(room: Room, change?: (contract: Contract) => Contract): Promise<Agreement> {
  const agreement = await agree(room, change)
  await room.as.air.proposeContract({ contract: agreement.bytes })
  return agreement
}

interface Options {
  /** whether the rule of the flights asks for noise */
  readonly noisy?: boolean
}

function askingForNoise(contract: Contract): Contract {
  const differentialPrivacy = {
    ...{ epsilonBudget: 1, deltaBudget: 0, maxEpsilonPerQuery: 1 },
    ...{ mechanism: 'discreteLaplace' as const, accounting: 'basic' as const, refresh: 'never' as const },
  }
  const slots = contract.slots.map((s) => (s.id === 'flights' ? { ...s, rule: { ...s.rule, differentialPrivacy } } : s))
  return { ...contract, slots }
}

/** A contract with one dataset and one approved query: everything but the run. */
export async function readyToRun(room: Room, { noisy = false }: Options = {}) {
  const agreement = await agreeInForce(room, noisy ? askingForNoise : undefined)
  const manifest = await agreement.manifest(noisy ? { lineage: { dataset: 'flights', periods: [1] } } : {})
  await room.as.air.publishManifest({ manifest: manifest.bytes })
  const query = await agreement.query(noisy ? { privacy: { epsilon: 0.5, delta: 0 } } : {})
  await room.as.analyst.proposeQuery({ query: query.bytes })
  const approval = await agreement.approval(query.id, 'air', { flights: [manifest.id] })
  await room.as.air.decideQuery({ decision: approval.bytes })
  return { agreement, manifest, query, approval, versions: { flights: manifest.id } }
}

export async function queuedRun(room: Room, options?: Options) {
  const ready = await readyToRun(room, options)
  const run = await ready.agreement.run(ready.query.id, ready.versions)
  await room.as.analyst.startRun({ run: run.bytes })
  return { ...ready, run }
}

function contractOf({ identities }: Room): Contract {
  const member = (id: Party, roles: Contract['members'][number]['roles']) => ({
    id,
    name: id,
    roles,
    keys: publicKeysOf(identities[id]),
  })
  return {
    kind: 'reinraum/contract/v1',
    name: 'Strikes',
    purpose: 'A test',
    members: [member('air', ['owner']), member('bird', ['owner']), member('analyst', ['analyst', 'recipient'])],
    slots: [slot('flights', 'air'), slot('strikes', 'bird')],
    keyServices: [{ id: 'air-keys', custody: 'owner', operator: 'air', keys: publicKeysOf(identities.stranger) }],
    executors: simulatedExecutors(),
    results: { recipients: ['analyst'], reviewers: [] },
    validity: { notBefore: new Date(Date.now() - hour).toISOString(), notAfter: new Date(Date.now() + 24 * hour).toISOString() },
    nonce: toBase64url(randomBytes(32)),
  }
}

function slot(id: string, owner: Party): Contract['slots'][number] {
  return {
    id,
    owner,
    keyService: 'air-keys',
    schema: { columns: [{ name: 'operator', type: 'VARCHAR' }] },
    rule: {
      version: 1,
      modes: ['template'],
      privacyUnit: { column: 'operator' },
      columns: { operator: { dimension: true } },
      output: { minimumGroupSize: 5, maxRows: 1000 },
      approvals: { by: [owner], threshold: 'all' },
    },
  }
}
