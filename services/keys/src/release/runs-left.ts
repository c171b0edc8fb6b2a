import { type ErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import { type Approval, needsApproval, parseStatement, type Verified, type VerifiedRun } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'

/** How often one approval was used, before and after this run. Equal when this very run had paid already. */
export interface ApprovalUse {
  readonly approval: string
  readonly before: number
  readonly after: number
}

/**
 * Leaves out approvals that have no run left for this run, so that a newer approval of the same owner can count instead.
 * A run that has paid already stays paid.
 */
export async function decisionsWithRunsLeft(
  trx: KeysTransaction,
  decisions: readonly Uint8Array[],
  runId: string,
): Promise<{ readonly decisions: Uint8Array[]; readonly exhausted: boolean }> {
  const usable: Uint8Array[] = []
  for (const decision of decisions) {
    const { id, document } = parseStatement(decision)
    const spent = document.kind === 'reinraum/approval/v1' && (await useOf(trx, id, runId)).after > document.maximumRuns
    if (!spent) usable.push(decision)
  }
  return { decisions: usable, exhausted: usable.length < decisions.length }
}

/** Calls a missing approval `approval-exhausted` when one was there but is used up. */
export function nameExhaustion(error: unknown, exhausted: boolean): unknown {
  const missing: ErrorCode = 'approval-missing'
  if (!exhausted || !isReinraumError(error) || error.code !== missing) return error
  return new ReinraumError('approval-exhausted', 'an approval of this query has no runs left')
}

/**
 * Step 6. Counts this run against the approvals that this service's own slots rest on; that each has a run left for it is what
 * `decisionsWithRunsLeft` saw to. Each key service counts for the owners whose keys it holds.
 */
export async function countRuns(trx: KeysTransaction, verified: VerifiedRun, slots: readonly string[]): Promise<ApprovalUse[]> {
  const uses: ApprovalUse[] = []
  for (const { id } of approvalsOf(verified, slots)) uses.push({ approval: id, ...(await useOf(trx, id, verified.run.id)) })
  return uses
}

/** Writes what `countRuns` found due: all approvals or, with the transaction, none; once per run id. */
export async function debit(trx: KeysTransaction, uses: readonly ApprovalUse[], runId: string, now: Date): Promise<void> {
  const due = uses.filter(({ before, after }) => after > before)
  const rows = due.map(({ approval }) => ({ approval_id: approval, run_id: runId, debited_at: now.getTime() }))
  if (rows.length > 0) await trx.insertInto('debits').values(rows).execute()
}

/** The approvals that the given slots rest on; a slot that leaves queries to the guard rests on none. */
function approvalsOf({ contract, approvals }: VerifiedRun, slots: readonly string[]): readonly Verified<Approval>[] {
  const resting = contract.document.slots.filter(({ id, rule }) => slots.includes(id) && needsApproval(rule))
  const approvers = new Set(resting.flatMap(({ rule }) => rule.approvals.by))
  return approvals.filter(({ document }) => approvers.has(document.by))
}

async function useOf(trx: KeysTransaction, approvalId: string, runId: string): Promise<{ before: number; after: number }> {
  const debits = trx.selectFrom('debits').where('approval_id', '=', approvalId)
  const { count } = await debits.select(trx.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  const paid = await debits.where('run_id', '=', runId).select('run_id').executeTakeFirst()
  return { before: count, after: paid === undefined ? count + 1 : count }
}
