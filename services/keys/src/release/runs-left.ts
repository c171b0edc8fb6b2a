import { type ErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import { type Approval, needsApproval, parseStatement, type Verified, type VerifiedRun } from '@reinraum/statements'
import { type Hold, heldRunsOf } from '../holds/holds.ts'
import type { KeysTransaction } from '../store.ts'

/** How often one approval was used, before and after this run. Equal when this very run had paid already. */
export interface ApprovalUse {
  readonly approval: string
  readonly before: number
  readonly after: number
}

export interface RunsLeft {
  readonly decisions: Uint8Array[]
  /** whether an approval was left out, all of whose runs are used up */
  readonly exhausted: boolean
  /** whether one was left out whose last runs are held for others */
  readonly held: boolean
  readonly uses: ReadonlyMap<string, ApprovalUse>
}

/**
 * Leaves out approvals that have no run left for this run, so that a newer approval of the same owner can count instead.
 * A run that has paid already stays paid. What is held for other runs counts as used.
 */
export async function decisionsWithRunsLeft(
  trx: KeysTransaction,
  decisions: readonly Uint8Array[],
  runId: string,
  holds: readonly Hold[],
): Promise<RunsLeft> {
  const usable: Uint8Array[] = []
  const uses = new Map<string, ApprovalUse>()
  let [exhausted, held] = [false, false]
  for (const decision of decisions) {
    const { id, document } = parseStatement(decision)
    if (document.kind === 'reinraum/approval/v1') {
      const use = await useOf(trx, id, runId)
      if (use.after > document.maximumRuns) {
        exhausted = true
        continue
      }
      if (use.after > use.before && use.after + heldRunsOf(holds, id) > document.maximumRuns) {
        held = true
        continue
      }
      uses.set(id, use)
    }
    usable.push(decision)
  }
  return { decisions: usable, exhausted, held, uses }
}

/** Calls a missing approval `approval-exhausted` when one was there but is used up, `budget-held` when that may pass. */
export function nameExhaustion(error: unknown, { exhausted, held }: Pick<RunsLeft, 'exhausted' | 'held'>): unknown {
  const missing: ErrorCode = 'approval-missing'
  if (!isReinraumError(error) || error.code !== missing) return error
  if (held) return new ReinraumError('budget-held', 'the last runs of an approval are held for other runs')
  return exhausted ? new ReinraumError('approval-exhausted', 'an approval of this query has no runs left') : error
}

/**
 * Step 6. Counts this run against the approvals that this service's own slots rest on; that each has a run left for it is what
 * `decisionsWithRunsLeft` saw to. Each key service counts for the owners whose keys it holds.
 * @param uses as `decisionsWithRunsLeft` found them in the same transaction, which nothing comes in between of
 */
export function countRuns(
  verified: VerifiedRun,
  slots: readonly string[],
  uses: ReadonlyMap<string, ApprovalUse>,
): readonly ApprovalUse[] {
  return approvalsOf(verified, slots).map(({ id }) => {
    const use = uses.get(id)
    if (use === undefined) throw new ReinraumError('internal', 'a run rests on an approval that was not counted')
    return use
  })
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

async function useOf(trx: KeysTransaction, approval: string, runId: string): Promise<ApprovalUse> {
  const { counted, paid } = await trx
    .selectNoFrom((eb) => [
      eb.selectFrom('approval_runs').select('runs').where('approval_id', '=', approval).as('counted'),
      eb.selectFrom('debits').select('run_id').where('approval_id', '=', approval).where('run_id', '=', runId).as('paid'),
    ])
    .executeTakeFirstOrThrow()
  const before = counted ?? 0
  return { approval, before, after: paid === null ? before + 1 : before }
}
