import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ApprovalTerms,
  acceptContract,
  approveQuery,
  approveResult,
  connect,
  describeKeyService,
  getContract,
  type OpenedResult,
  openResult,
  proposeContract,
  proposeQuery,
  type QueryDraft,
  type RunDraft,
  roomSchema,
  type Session,
  sealDataset,
  startRun,
  waitForRun,
} from '@reinraum/client'
import { randomBytes, toBase64url } from '@reinraum/crypto'
import type { LocalRoom } from '@reinraum/local'
import {
  type Contract,
  createIdentity,
  type Identity,
  type Manifest,
  publicKeysOf,
  type Verified,
  type VerifiedContract,
} from '@reinraum/statements'
import { districtsCsv, visitsCsv } from './visits.ts'

export const partyNames = ['health', 'survey', 'analyst', 'reviewer', 'outsider'] as const
export type PartyName = (typeof partyNames)[number]

/** A small clean room: two owners, an analyst, a reviewer; two datasets, two custodies. The outsider is no member. */
export interface CleanRoom {
  readonly local: LocalRoom
  readonly directory: string
  readonly identities: Readonly<Record<PartyName, Identity>>
  readonly sessions: Readonly<Record<PartyName, Session>>
  readonly contract: VerifiedContract
  close(): void
}

export const query: QueryDraft = {
  title: 'Visits by district',
  purpose: 'Where people go',
  sql: `SELECT d.name AS district, count(*) AS visits, avg(v.cost) AS mean_cost
FROM visits v JOIN districts d ON v.district = d.code
WHERE v.cost >= $floor
GROUP BY 1
ORDER BY 1`,
  parameters: [{ name: 'floor', type: 'BIGINT', domain: { minimum: 0, maximum: 150 } }],
}

export interface CleanRoomOptions {
  /** Changes the contract before anyone signs it. */
  readonly change?: (contract: Contract) => Contract
}

/** Makes the parties, and one contract that all of them signed. */
export async function openCleanRoom(
  local: LocalRoom,
  directory: string,
  { change = (c) => c }: CleanRoomOptions = {},
): Promise<CleanRoom> {
  await mkdir(directory, { recursive: true })
  const room = roomSchema.parse(JSON.parse(await readFile(local.roomFile, 'utf8')))
  const made = await Promise.all(partyNames.map(async (name) => [name, await createIdentity()] as const))
  const identities = Object.fromEntries(made) as Record<PartyName, Identity>
  const sessions = Object.fromEntries(made.map(([name, identity]) => [name, connect({ room, identity })])) as Record<
    PartyName,
    Session
  >
  const document = change(await draft(local, sessions))
  const { contractId } = await proposeContract(sessions.health, document)
  for (const { id } of document.members) {
    if (id !== 'health') await acceptContract(sessions[id as PartyName], contractId)
  }
  const contract = await getContract(sessions.health, contractId)
  const close = () => {
    for (const session of Object.values(sessions)) session.close()
  }
  return { local, directory, identities, sessions, contract, close }
}

async function draft(local: LocalRoom, sessions: CleanRoom['sessions']): Promise<Contract> {
  const [own, shared] = await Promise.all([
    describeKeyService(sessions.health, 'health-keys'),
    describeKeyService(sessions.survey, 'shared-keys'),
  ])
  const reference = local.referenceValues()
  const now = Date.now()
  const member = (id: PartyName, roles: Contract['members'][number]['roles']) => ({
    id,
    name: id,
    roles,
    keys: publicKeysOf(sessions[id].identity),
  })
  const approvals = (by: PartyName) => ({ by: [by], threshold: 'all' as const })
  return {
    kind: 'reinraum/contract/v1',
    name: 'Visits and districts',
    purpose: 'Tests',
    members: [
      member('health', ['owner']),
      member('survey', ['owner']),
      member('analyst', ['analyst', 'recipient']),
      member('reviewer', ['reviewer']),
    ],
    slots: [
      {
        id: 'visits',
        owner: 'health',
        keyService: 'health-keys',
        schema: {
          columns: [
            { name: 'person', type: 'VARCHAR' },
            { name: 'district', type: 'VARCHAR' },
            { name: 'cost', type: 'BIGINT' },
            { name: 'note', type: 'VARCHAR' },
          ],
        },
        rule: {
          version: 1,
          modes: ['template'],
          privacyUnit: { column: 'person' },
          columns: {
            district: { dimension: true, join: true, filter: 'literal' },
            cost: { aggregate: ['avg', 'sum'], bounds: [0, 1000], filter: 'literal' },
          },
          output: { minimumGroupSize: 3, maxRows: 1000 },
          approvals: approvals('health'),
        },
      },
      {
        id: 'districts',
        owner: 'survey',
        keyService: 'shared-keys',
        schema: {
          columns: [
            { name: 'code', type: 'VARCHAR' },
            { name: 'name', type: 'VARCHAR' },
          ],
        },
        rule: {
          version: 1,
          modes: ['template'],
          privacyUnit: 'none',
          columns: { code: { join: true, dimension: true, filter: 'any' }, name: { dimension: true, filter: 'any' } },
          output: { minimumGroupSize: 2, maxRows: 1000 },
          approvals: approvals('survey'),
        },
      },
    ],
    keyServices: [
      { id: 'health-keys', custody: 'owner', operator: 'health', keys: own.keys },
      { id: 'shared-keys', custody: 'attested', keys: shared.keys, referenceValues: reference.keys },
    ],
    executors: reference.executor,
    results: { recipients: ['analyst'], reviewers: [{ member: 'reviewer', mode: 'approve' }] },
    validity: { notBefore: new Date(now - 60_000).toISOString(), notAfter: new Date(now + 86_400_000).toISOString() },
    nonce: toBase64url(randomBytes(32)),
  }
}

/** Seals and uploads one dataset; by default the fixture's own data. */
export async function seal(
  clean: CleanRoom,
  slot: 'visits' | 'districts',
  csv = slot === 'visits' ? visitsCsv() : districtsCsv(),
): Promise<Verified<Manifest>> {
  const owner: PartyName = slot === 'visits' ? 'health' : 'survey'
  const file = join(clean.directory, `${slot}-${toBase64url(randomBytes(6))}.csv`)
  await writeFile(file, csv)
  const { manifest } = await sealDataset(clean.sessions[owner], {
    contract: clean.contract,
    slot,
    file,
    stateDirectory: join(clean.directory, 'state', owner),
  })
  return manifest
}

export async function sealBoth(clean: CleanRoom): Promise<void> {
  await seal(clean, 'visits')
  await seal(clean, 'districts')
}

/** Proposes the fixture's query, or another, and returns its id. */
export async function propose(clean: CleanRoom, draftOf: QueryDraft = query): Promise<string> {
  return proposeQuery(clean.sessions.analyst, clean.contract, draftOf)
}

/** Approvals of both owners, or of those named. */
export async function approve(
  clean: CleanRoom,
  queryId: string,
  terms: Partial<ApprovalTerms> = {},
  by: readonly PartyName[] = ['health', 'survey'],
): Promise<readonly string[]> {
  const all: ApprovalTerms = { notAfter: new Date(Date.now() + 3_600_000).toISOString(), maximumRuns: 5, ...terms }
  const ids: string[] = []
  for (const party of by) ids.push(await approveQuery(clean.sessions[party], clean.contract, queryId, all))
  return ids
}

/** A room in which only the run is still to be started. */
export async function readyToRun(clean: CleanRoom, terms: Partial<ApprovalTerms> = {}): Promise<string> {
  await sealBoth(clean)
  const queryId = await propose(clean)
  await approve(clean, queryId, terms)
  return queryId
}

export async function start(clean: CleanRoom, queryId: string, draftOf: Partial<RunDraft> = {}): Promise<string> {
  return startRun(clean.sessions.analyst, clean.contract, { queryId, parameters: { floor: 0 }, ...draftOf })
}

/** Waits until the run is over or waits for review. */
export async function settle(clean: CleanRoom, runId: string) {
  return waitForRun(clean.sessions.analyst, runId, { untilReview: true, signal: AbortSignal.timeout(90_000) })
}

/** Reviews the result and opens it as the analyst. */
export async function reviewAndOpen(clean: CleanRoom, runId: string): Promise<OpenedResult> {
  await approveResult(clean.sessions.reviewer, clean.contract, runId)
  return openResult(clean.sessions.analyst, clean.contract, runId, join(clean.directory, `${runId.slice(7, 19)}.parquet`))
}
