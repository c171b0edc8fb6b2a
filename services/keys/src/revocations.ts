import { canonicalize, ReinraumError } from '@reinraum/crypto'
import {
  parseStatement,
  type Rejection,
  type Revocation,
  type VerifiedContract,
  verifyDecisionAtAnyTime,
  verifyRevocation,
} from '@reinraum/statements'
import type { KeysTransaction } from './store.ts'

type Reader = Pick<KeysTransaction, 'selectFrom'>

/** Distinct targets that one member may have revoked under one contract; beyond it a flood, not a decision. */
const maximumPerMember = 1000

/**
 * Verifies a revocation, or the rejection of a query, and keeps it for good. From then on no bundle that leaves it out can
 * hide it. A second one by the same member of the same target adds nothing and is answered with its own id.
 * @throws ReinraumError `resource-exhausted`, and whatever `verifyRevocation` or `verifyDecisionAtAnyTime` finds
 */
export async function keepRevocation(
  trx: KeysTransaction,
  statement: Uint8Array,
  contract: VerifiedContract,
  now: Date,
): Promise<{ readonly id: string; readonly added: boolean }> {
  const { id, document } = isRejection(statement)
    ? await verifyDecisionAtAnyTime(statement, contract)
    : await verifyRevocation(statement, contract, now)
  const mine = trx.selectFrom('revocations').where('contract_id', '=', contract.id).where('by', '=', document.by)
  const target = 'target' in document ? canonicalize(document.target) : rejectionOf(document.query)
  if ((await mine.where('target', '=', target).select('id').executeTakeFirst()) !== undefined) return { id, added: false }
  const { count } = await mine.select(trx.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  if (count >= maximumPerMember) {
    throw new ReinraumError('resource-exhausted', 'this member has revoked too many things under this contract')
  }
  const row = { id, contract_id: contract.id, by: document.by, target, statement, applied_at: now.getTime() }
  await trx.insertInto('revocations').values(row).execute()
  return { id, added: true }
}

/** The rejections of a query that were brought here, by whomever. Whether one counts is for `verifyRunBundle` to say. */
export async function knownRejections(
  db: Reader,
  contractId: string,
  query: string,
): Promise<readonly { readonly statement: Uint8Array; readonly by: string }[]> {
  const rejections = db.selectFrom('revocations').select(['statement', 'by']).where('contract_id', '=', contractId)
  return rejections.where('target', '=', rejectionOf(query)).orderBy('by').execute()
}

function isRejection(statement: Uint8Array): boolean {
  const kind: Rejection['kind'] = 'reinraum/rejection/v1'
  return parseStatement(statement).kind === kind
}

function rejectionOf(query: string): string {
  return canonicalize({ type: 'query', query })
}

/** Statement id (approval, rejection, manifest) → the member it belongs to. */
export type Owners = ReadonlyMap<string, string>

/** Whom the given statements belong to. Their ids fix that, whether or not their signatures hold. */
export function ownersOf(statements: readonly Uint8Array[]): Owners {
  return new Map(
    statements.map((bytes) => {
      const { id, document } = parseStatement(bytes)
      return [id, 'by' in document && typeof document.by === 'string' ? document.by : ''] as const
    }),
  )
}

/**
 * The revocations this service has seen that can end something which rests on the given statements, one per target. An
 * approval and a dataset version are revoked only by the member they belong to: anybody else's revocation of one is left
 * out, so that it cannot stand in the way of somebody else's run.
 */
export async function knownRevocations(
  db: Reader,
  contractId: string,
  owners: Owners,
): Promise<readonly { readonly statement: Uint8Array; readonly document: Revocation }[]> {
  const rows = await db
    .selectFrom('revocations')
    .select(['statement', 'target', 'by'])
    .where('contract_id', '=', contractId)
    .orderBy('applied_at')
    .orderBy('id')
    .execute()
  const found = new Map<string, { statement: Uint8Array; document: Revocation }>()
  for (const { statement, target } of rows) {
    if (found.has(target)) continue
    const { document } = parseStatement(statement)
    if (document.kind === 'reinraum/revocation/v1' && concerns(document, owners)) found.set(target, { statement, document })
  }
  return [...found.values()]
}

function concerns({ by, target }: Revocation, owners: Owners): boolean {
  switch (target.type) {
    case 'contract':
    case 'member':
      return true
    case 'approval':
      return owners.get(target.approval) === by
    case 'datasetVersion':
      return owners.get(target.manifest) === by
  }
}
