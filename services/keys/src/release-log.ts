import { create, toBinary } from '@bufbuild/protobuf'
import type { ErrorCode } from '@reinraum/crypto'
import { enqueue, newEvent } from '@reinraum/kit'
import { KeyDecidedSchema } from '@reinraum/proto'
import { type Release, signAndIdentify } from '@reinraum/statements'
import { minuteMs } from './quotas.ts'
import type { KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'

export interface Decision {
  readonly contractId: string
  readonly runId: string
  /** the query and the analyst; null until the run's statements were verified */
  readonly query: string | null
  readonly by: string | null
  readonly outcome: Release['outcome']
  /** id of the evidence; null when the request was refused before it was read */
  readonly evidence: string | null
  readonly hardware: boolean | null
}

export interface LogEntry {
  readonly id: string
  readonly statement: Uint8Array
}

/**
 * Appends a decision to the contract's release log: a chain of signed statements, each naming the one before it. One chain per
 * contract, so that its members can see that they were shown all of it. The event leaves through the outbox of the same
 * transaction.
 */
export async function appendDecision(vault: Vault, trx: KeysTransaction, decision: Decision, now: Date): Promise<LogEntry> {
  const { contractId, runId, outcome } = decision
  const last = await trx
    .selectFrom('releases')
    .select(['sequence', 'id'])
    .where('contract_id', '=', contractId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  const sequence = (last?.sequence ?? 0) + 1
  const document: Release = {
    kind: 'reinraum/release/v1',
    keyService: vault.id,
    contract: contractId,
    run: runId,
    query: decision.query,
    by: decision.by,
    sequence,
    previous: last?.id ?? null,
    outcome,
    evidence: decision.evidence,
    hardware: decision.hardware,
    decidedAt: now.toISOString(),
  }
  const { id, bytes: statement } = await signAndIdentify(document, vault.identity.signer)
  const row = { contract_id: contractId, sequence, id, run_id: runId, decision: outcome.decision, statement }
  await trx
    .insertInto('releases')
    .values({ ...row, decided_at: now.getTime() })
    .execute()
  await announce(vault, trx, { contractId, runId, releaseId: id, outcome }, now)
  return { id, statement }
}

async function announce(
  vault: Vault,
  trx: KeysTransaction,
  decided: { contractId: string; runId: string; releaseId: string; outcome: Release['outcome'] },
  now: Date,
): Promise<void> {
  const { contractId, runId, releaseId, outcome } = decided
  const reasonCode: ErrorCode | '' = outcome.decision === 'denied' ? outcome.reason : ''
  const body = toBinary(
    KeyDecidedSchema,
    create(KeyDecidedSchema, { contractId, runId, keyServiceId: vault.id, releaseId, reasonCode }),
  )
  const event = newEvent({ id: releaseId, noun: 'key', verb: outcome.decision, contractId, body, time: now })
  await enqueue(trx, event)
}

/** As many entries as one answer holds: about 7 kB each, of the 20 MiB that a message may have. */
export const releasesPerPage = 1000

/** One page of the contract's log, oldest first. */
export async function releasesOf(
  db: Pick<KeysTransaction, 'selectFrom'>,
  contractId: string,
  afterSequence: number,
): Promise<{ readonly releases: Uint8Array[]; readonly more: boolean }> {
  const rows = await db
    .selectFrom('releases')
    .select('statement')
    .where('contract_id', '=', contractId)
    .where('sequence', '>', afterSequence)
    .orderBy('sequence')
    .limit(releasesPerPage + 1)
    .execute()
  return { releases: rows.slice(0, releasesPerPage).map((row) => row.statement), more: rows.length > releasesPerPage }
}

/**
 * Whether one more denial may be written just now. Whoever can ask for keys at all can be denied as often as it likes, so that
 * otherwise the disk would be its to fill. Contracts that are unknown here count as one: their ids are the caller's to invent.
 */
export async function mayRecordDenial(vault: Vault, trx: KeysTransaction, contractId: string, now: Date): Promise<boolean> {
  const known = await trx.selectFrom('contracts').select('id').where('id', '=', contractId).executeTakeFirst()
  const recent = trx
    .selectFrom('releases')
    .select(trx.fn.countAll<number>().as('count'))
    .where('decision', '=', 'denied')
    .where('decided_at', '>', now.getTime() - minuteMs)
    .where('decided_at', '<=', now.getTime())
  const counted =
    known !== undefined
      ? recent.where('contract_id', '=', contractId)
      : recent.where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('contracts').select('contracts.id').whereRef('contracts.id', '=', 'releases.contract_id'))),
        )
  return (await counted.executeTakeFirstOrThrow()).count < vault.quotas.denialsPerMinute
}
