import { ReinraumError } from '@reinraum/crypto'
import { createGuard, type GuardVerdict, type SlotInput } from '@reinraum/policy'
import {
  type Approval,
  type DigestId,
  type Manifest,
  type Parameter,
  type ParameterValue,
  type Privacy,
  type PrivacyFault,
  parseStatement,
  privacyFaults,
  type Query,
  type Rejection,
  type Slot,
  signStatement,
  type Verified,
  type VerifiedContract,
  verifyDecisionAtAnyTime,
  verifyQuery,
} from '@reinraum/statements'
import { memberOf } from './contracts.ts'
import { listManifests } from './manifests.ts'
import { bring, type Delivery } from './revocations.ts'
import type { Session } from './session.ts'

export interface QueryDraft {
  readonly title: string
  readonly purpose: string
  readonly sql: string
  readonly parameters: readonly Parameter[]
  /** what it spends of each dataset whose rule asks for noise */
  readonly privacy?: Privacy | undefined
}

export interface QueryCheck {
  /** the member who asks, without whom no rows are shown that only overlap with their own */
  readonly by?: string | undefined
  readonly values?: Readonly<Record<string, ParameterValue>> | undefined
}

/** The guard's verdict on a query over these datasets, offline: the same code that decides inside the enclave. */
export async function checkQuery(
  slots: readonly SlotInput[],
  { sql, parameters, privacy }: Pick<QueryDraft, 'sql' | 'parameters' | 'privacy'>,
  { by, values }: QueryCheck = {},
): Promise<GuardVerdict> {
  const guard = await createGuard()
  try {
    return await guard.check({ sql, parameters, values, slots, privacy, ...(by === undefined ? {} : { by }) })
  } finally {
    await guard.close()
  }
}

/**
 * Signs a query and puts it before the owners. The guard checks it first: what would be refused in the enclave is not even
 * proposed. It also says which slots the query reads.
 * @throws ReinraumError `guard-refused`, `privacy-missing`, `privacy-over-maximum`, `invalid-statement`
 */
export async function proposeQuery(session: Session, contract: VerifiedContract, draft: QueryDraft): Promise<DigestId> {
  const by = memberOf(session, contract).id
  const verdict = await checkQuery(contract.document.slots, draft, { by })
  if (verdict.verdict === 'refused') {
    const reasons = verdict.reasons.map(({ message, at }) => (at === undefined ? message : `${at.line}:${at.column} ${message}`))
    throw new ReinraumError('guard-refused', reasons.join('; '))
  }
  const query: Query = {
    kind: 'reinraum/query/v1',
    contract: contract.id,
    by,
    title: draft.title,
    purpose: draft.purpose,
    sql: draft.sql,
    parameters: [...draft.parameters],
    slots: verdict.plan.slots.map(({ id }) => id),
    ...(draft.privacy === undefined ? {} : { privacy: draft.privacy }),
    createdAt: session.now().toISOString(),
  }
  requireNoFaults(privacyFaults(query, contract.document))
  const statement = await signStatement(query, session.signer)
  await session.governance.proposeQuery({ query: statement })
  return parseStatement(statement).id
}

/** All of them at once: whoever drafts a query corrects it once. */
function requireNoFaults(faults: readonly PrivacyFault[]): void {
  const [first] = faults
  if (first !== undefined) throw new ReinraumError(first.code, faults.map(({ message }) => message).join('\n'))
}

export interface QueryRecord {
  readonly query: Verified<Query>
  readonly decisions: readonly Verified<Approval | Rejection>[]
}

/** A query with its decisions, each verified here. */
export async function getQuery(session: Session, contract: VerifiedContract, queryId: string): Promise<QueryRecord> {
  const answer = await session.governance.getQuery({ queryId })
  const record = await verifyRecord(session, contract, answer)
  if (record.query.id !== queryId) throw new ReinraumError('query-mismatch', 'the service answered with another query')
  return record
}

export async function listQueries(session: Session, contract: VerifiedContract): Promise<readonly QueryRecord[]> {
  const { queries } = await session.governance.listQueries({ contractId: contract.id })
  return Promise.all(queries.map((answer) => verifyRecord(session, contract, answer)))
}

async function verifyRecord(
  session: Session,
  contract: VerifiedContract,
  answer: { readonly query: Uint8Array; readonly decisions: readonly Uint8Array[] },
): Promise<QueryRecord> {
  const query = await verifyQuery(answer.query, contract, session.now())
  const decisions = await Promise.all(answer.decisions.map((bytes) => verifyDecisionAtAnyTime(bytes, contract)))
  return { query, decisions }
}

export interface ApprovalTerms {
  /** ISO instant after which the approval counts no more */
  readonly notAfter: string
  readonly maximumRuns: number
  /** slot → manifest ids; by default the newest version of each of this owner's slots */
  readonly versions?: Readonly<Record<string, readonly string[]>>
}

/** An owner allows a query on its datasets, under those terms. */
export async function approveQuery(
  session: Session,
  contract: VerifiedContract,
  queryId: string,
  terms: ApprovalTerms,
): Promise<DigestId> {
  const own = await slotsDecided(session, contract, queryId)
  const versions = terms.versions ?? versionsOf(await newestOf(session, contract, own))
  const approval: Approval = {
    kind: 'reinraum/approval/v1',
    contract: contract.id,
    query: queryId,
    by: memberOf(session, contract).id,
    validity: { notBefore: session.now().toISOString(), notAfter: terms.notAfter },
    maximumRuns: terms.maximumRuns,
    versions: copyVersions(versions),
    createdAt: session.now().toISOString(),
  }
  const decision = await signStatement(approval, session.signer)
  await session.governance.decideQuery({ decision })
  // Its own id, not the one that governance answers with: the owner revokes by it.
  return parseStatement(decision).id
}

export interface RejectionOutcome {
  readonly rejectionId: DigestId
  readonly deliveries: readonly Delivery[]
}

/**
 * An owner refuses a query. As with a revocation, the key services hear it from the owner: a platform that leaves the
 * rejection out of a run cannot get keys for that run.
 * @throws ReinraumError `unavailable` when it reached nobody
 */
export async function rejectQuery(
  session: Session,
  contract: VerifiedContract,
  queryId: string,
  reason: string,
): Promise<RejectionOutcome> {
  const document: Rejection = {
    kind: 'reinraum/rejection/v1',
    contract: contract.id,
    query: queryId,
    by: memberOf(session, contract).id,
    reason,
    createdAt: session.now().toISOString(),
  }
  const decision = await signStatement(document, session.signer)
  const deliveries = await bring(session, contract, decision, () => session.governance.decideQuery({ decision }))
  return { rejectionId: parseStatement(decision).id, deliveries }
}

/**
 * The newest version of each dataset that this party decides about and the query reads, as far as governance shows them: what
 * an approval allows unless told otherwise.
 * @throws ReinraumError `permission-denied`, `not-found`
 */
export async function newestManifests(
  session: Session,
  contract: VerifiedContract,
  queryId: string,
): Promise<readonly Verified<Manifest>[]> {
  return newestOf(session, contract, await slotsDecided(session, contract, queryId))
}

async function slotsDecided(session: Session, contract: VerifiedContract, queryId: string): Promise<readonly Slot[]> {
  const member = memberOf(session, contract)
  const { query } = await getQuery(session, contract, queryId)
  const own = contract.document.slots.filter(
    (slot) => query.document.slots.includes(slot.id) && slot.rule.approvals.by.includes(member.id),
  )
  if (own.length === 0) throw new ReinraumError('permission-denied', 'this query reads no dataset that you decide about')
  return own
}

async function newestOf(session: Session, contract: VerifiedContract, slots: readonly Slot[]) {
  const manifests = await listManifests(session, contract)
  return slots.map((slot) => {
    const newest = manifests.findLast((m) => m.document.slot === slot.id)
    if (newest === undefined) throw new ReinraumError('not-found', `slot ${slot.id} has no dataset yet`)
    return newest
  })
}

function versionsOf(manifests: readonly Verified<Manifest>[]): Record<string, string[]> {
  return Object.fromEntries(manifests.map(({ id, document }) => [document.slot, [id]]))
}

function copyVersions(versions: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(versions).map(([slot, ids]) => [slot, [...ids]]))
}
