import { ReinraumError } from '@reinraum/crypto'
import { frozenMap } from '../deep-freeze.ts'
import type { Approval } from '../kinds/decision.ts'
import type { Manifest } from '../kinds/manifest.ts'
import type { Query } from '../kinds/query.ts'
import type { Revocation } from '../kinds/revocation.ts'
import type { Run } from '../kinds/run.ts'
import { maximumBundleBytes, maximumDecisions, maximumManifests, maximumRevocations } from '../limits.ts'
import type { DigestId } from '../parts/identifiers.ts'
import type { Verified, VerifiedContract } from '../verified.ts'
import { verifyContract } from '../verify/contract.ts'
import { verifyDecisionAtAnyTime } from '../verify/decision.ts'
import { verifyManifest } from '../verify/manifest.ts'
import { verifyQuery } from '../verify/query.ts'
import { verifyRevocation } from '../verify/revocation.ts'
import { verifyRun } from '../verify/run.ts'
import { countingApprovals } from './approvals.ts'
import { assertPartsDiffer, manifestsOfRun } from './manifests.ts'
import { assertParameters } from './parameters.ts'
import { assertNotRevoked, assertRevocationFits } from './revocations.ts'

/** Everything that decides about one run, as the parties signed it: the proto message RunBundle. */
export type RunBundleBytes = {
  readonly contract: Uint8Array
  readonly query: Uint8Array
  readonly run: Uint8Array
  readonly decisions: readonly Uint8Array[]
  readonly manifests: readonly Uint8Array[]
  readonly revocations: readonly Uint8Array[]
}

export type VerifiedRun = {
  readonly contract: VerifiedContract
  readonly query: Verified<Query>
  readonly run: Verified<Run>
  /** those that the run rests on: per slot that needs approval, one of each approver needed */
  readonly approvals: readonly Verified<Approval>[]
  /** by slot; exactly the query's slots */
  readonly manifests: ReadonlyMap<string, Verified<Manifest>>
  readonly revocations: readonly Verified<Revocation>[]
}

/**
 * Verifies a run against everything that was signed about it, and trusts nobody's word for any of it. Every statement of
 * the bundle must be valid: one that is not, even one that would not matter, refuses the bundle. What is not in the bundle
 * cannot be seen here: a key service adds the revocations that it knows itself, and counts runs against `maximumRuns`.
 *
 * Throws a ReinraumError whose code says which check failed.
 */
export async function verifyRunBundle(bundle: RunBundleBytes, options: { readonly now: Date }): Promise<VerifiedRun> {
  const { now } = options
  assertBounded(bundle)

  // 1. Every statement of its own: form, signatures, member, role, validity.
  const contract = await verifyContract(bundle.contract, { now })
  const [[run], [query], manifests, decisions, revocations] = await settle(
    [verifyRun(bundle.run, contract, now)],
    [verifyQuery(bundle.query, contract, now)],
    bundle.manifests.map((bytes) => verifyManifest(bytes, contract, now)),
    bundle.decisions.map((bytes) => verifyDecisionAtAnyTime(bytes, contract)),
    bundle.revocations.map((bytes) => verifyRevocation(bytes, contract, now)),
  )
  if (!run || !query) throw new ReinraumError('internal', 'a verification gave nothing')

  // 2. They belong together.
  if (run.document.query !== query.id) throw new ReinraumError('query-mismatch', 'the run is of another query')
  for (const decision of decisions) {
    if (decision.document.query !== query.id) throw new ReinraumError('query-mismatch', 'a decision is about another query')
  }
  for (const revocation of revocations) assertRevocationFits(revocation, { decisions, manifests })

  // 3. The run is what the query and the contract allow.
  assertParameters(query.document, run.document)
  const versions = manifestsOfRun(query.document, run.document, manifests)
  assertPartsDiffer(contract.document, versions)
  assertNotRevoked(revocations, { contract: contract.document, query: query.document, run: run.document })

  // 4. The owners said yes, and nobody who may say no did.
  const approvals = countingApprovals({ contract: contract.document, query, run: run.document, decisions, revocations, now })

  return Object.freeze({
    contract,
    query,
    run,
    approvals: Object.freeze([...approvals]),
    manifests: frozenMap(versions),
    revocations: Object.freeze(unique(revocations)),
  })
}

function assertBounded(bundle: RunBundleBytes): void {
  const { contract, query, run, decisions, manifests, revocations } = bundle
  if (
    decisions.length > maximumDecisions ||
    manifests.length > maximumManifests ||
    revocations.length > maximumRevocations ||
    [contract, query, run, ...decisions, ...manifests, ...revocations].reduce((sum, b) => sum + b.byteLength, 0) >
      maximumBundleBytes
  ) {
    throw new ReinraumError('invalid-statement', 'the run bundle is too large')
  }
}

type Groups = readonly (readonly Promise<unknown>[])[]

/** Awaits all of them; of several failures the first in the order given is thrown, so that the same bundle gives the same code. */
async function settle<G extends Groups>(...groups: G): Promise<{ [I in keyof G]: Awaited<G[I][number]>[] }> {
  const results = await Promise.all(groups.map((group) => Promise.allSettled(group)))
  const values = results.map((group) =>
    group.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    }),
  )
  return values as { [I in keyof G]: Awaited<G[I][number]>[] }
}

function unique<T extends { readonly id: DigestId }>(statements: readonly T[]): T[] {
  return [...new Map(statements.map((statement) => [statement.id, statement])).values()]
}
