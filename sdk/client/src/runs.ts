import { ReinraumError, randomBytes, toBase64url } from '@reinraum/crypto'
import { RunState, type RunStatus } from '@reinraum/proto'
import { withRetry } from '@reinraum/rpc'
import { type ParameterValue, parseStatement, type Run, signStatement, type VerifiedContract } from '@reinraum/statements'
import { memberOf } from './contracts.ts'
import { listManifests } from './manifests.ts'
import { getQuery } from './queries.ts'
import type { Session } from './session.ts'

export const runStates = ['queued', 'running', 'awaiting-review', 'completed', 'failed', 'cancelled'] as const
export type RunStateName = (typeof runStates)[number]

export interface RunView {
  readonly runId: string
  readonly state: RunStateName
  readonly contractId: string
  /** empty unless the run failed or was cancelled */
  readonly reason: string
  /** with `budget-exhausted`: what key services signed of it, unverified; `runShortfalls` reads it */
  readonly denials: readonly Uint8Array[]
  readonly queuedAt: Date
  readonly updatedAt: Date
}

export interface RunDraft {
  readonly queryId: string
  readonly parameters: Readonly<Record<string, ParameterValue>>
  /** slot → manifest id; by default the newest version that the approvals allow */
  readonly versions?: Readonly<Record<string, string>>
  /** default: all recipients of the contract */
  readonly recipients?: readonly string[]
  /** seconds during which keys may be released for it; default one hour */
  readonly validForSeconds?: number
}

/** Signs a run of an approved query and puts it on the work queue. */
export async function startRun(session: Session, contract: VerifiedContract, draft: RunDraft): Promise<string> {
  const now = session.now()
  const document: Run = {
    kind: 'reinraum/run/v1',
    contract: contract.id,
    query: draft.queryId,
    by: memberOf(session, contract).id,
    parameters: { ...draft.parameters },
    versions: draft.versions === undefined ? await allowedVersions(session, contract, draft.queryId) : { ...draft.versions },
    recipients: [...(draft.recipients ?? contract.document.results.recipients)],
    validity: {
      notBefore: now.toISOString(),
      notAfter: new Date(now.getTime() + (draft.validForSeconds ?? 3600) * 1000).toISOString(),
    },
    nonce: toBase64url(randomBytes(32)),
  }
  const run = await signStatement(document, session.signer)
  const { id } = parseStatement(run)
  const { runId } = await session.governance.startRun({ run })
  if (runId !== id) throw new ReinraumError('contract-mismatch', 'the service recorded another run')
  return runId
}

async function allowedVersions(session: Session, contract: VerifiedContract, queryId: string): Promise<Record<string, string>> {
  const [{ query, decisions }, manifests] = await Promise.all([
    getQuery(session, contract, queryId),
    listManifests(session, contract),
  ])
  const approvals = decisions.flatMap(({ document }) => (document.kind === 'reinraum/approval/v1' ? [document] : []))
  const versions: Record<string, string> = {}
  for (const slotId of query.document.slots) {
    const allowed = new Set(approvals.flatMap((approval) => approval.versions[slotId] ?? []))
    const published = manifests.filter((m) => m.document.slot === slotId)
    const newest = published.filter((m) => allowed.size === 0 || allowed.has(m.id)).at(-1)
    if (newest === undefined)
      throw new ReinraumError('not-found', `slot ${slotId} has no dataset version that this query may read`)
    versions[slotId] = newest.id
  }
  return versions
}

export async function getRun(session: Session, runId: string): Promise<RunView> {
  return viewOf((await session.governance.getRun({ runId })).status)
}

export async function cancelRun(session: Session, runId: string): Promise<RunView> {
  return viewOf((await session.governance.cancelRun({ runId })).status)
}

export interface WaitOptions {
  readonly onState?: (view: RunView) => void
  /** stop waiting when the result waits for reviewers; default false */
  readonly untilReview?: boolean
  readonly signal?: AbortSignal
}

/** Follows a run to its end, across lost connections. */
export async function waitForRun(session: Session, runId: string, options: WaitOptions = {}): Promise<RunView> {
  const { signal } = options
  return withRetry(
    async () => {
      for await (const { status } of session.governance.watchRun({ runId }, signal === undefined ? {} : { signal })) {
        const view = viewOf(status)
        options.onState?.(view)
        if (isFinal(view.state) || (options.untilReview === true && view.state === 'awaiting-review')) return view
      }
      throw new ReinraumError('unavailable', 'governance ended the stream before the run did')
    },
    { attempts: 30, ...(signal === undefined ? {} : { signal }) },
  )
}

function isFinal(state: RunStateName): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled'
}

function viewOf(status: RunStatus | undefined): RunView {
  const state = status === undefined ? undefined : runStates[status.state - 1]
  if (status === undefined || status.state === RunState.UNSPECIFIED || state === undefined) {
    throw new ReinraumError('internal', 'governance answered without a state')
  }
  return {
    runId: status.runId,
    state,
    contractId: status.contractId,
    reason: status.reasonCode,
    denials: status.denials,
    queuedAt: new Date(Number(status.queuedAt)),
    updatedAt: new Date(Number(status.updatedAt)),
  }
}
