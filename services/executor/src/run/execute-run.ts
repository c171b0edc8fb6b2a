import { join } from 'node:path'
import { ReinraumError, zeroise } from '@reinraum/crypto'
import { noiseSql, type Scan } from '@reinraum/policy'
import { type RunBundleBytes, releaseSuiteOf, type VerifiedRun, verifyRunBundle } from '@reinraum/statements'
import type { RunFolder } from '../child/run-folder.ts'
import type { Child } from '../child/spawn.ts'
import type { KeepingLease } from '../datasets/kept-datasets.ts'
import { type Trying, unsealSlots } from '../datasets/unseal-slots.ts'
import type { Executor } from '../executor.ts'
import { openRunHistories } from '../history/run-histories.ts'
import { compute } from './compute.ts'
import { custodiesOf } from './custodies.ts'
import { deposit } from './deposit.ts'
import { sealGate } from './gate.ts'
import { type AllowedQuery, guardedQuery } from './guarded-query.ts'
import { createRunKeys, type RunKeys } from './keys.ts'
import type { Laps } from './laps.ts'
import { holdLease, type LeaseOptions, renewalOf } from './lease.ts'
import { noiseFor } from './noise-for.ts'
import { type ObtainedKeys, obtainKeys } from './obtain-keys.ts'
import { zeroiseHistories } from './open-histories.ts'
import { patiently } from './patiently.ts'
import { receiptBundle, signReceipt } from './receipt.ts'
import { type ReleaseGrid, startReleaseGrid } from './release-grid.ts'
import { sharedLease } from './shared-lease.ts'
import { debits, endOfSpent } from './spent.ts'

export interface RunControl {
  /** the run that was on the work queue */
  readonly runId: string
  /** aborted when the run is cancelled or the service stops */
  readonly signal: AbortSignal
  readonly onRevocation: LeaseOptions['onRevocation']
  /** told of each key service's signed denial for want of a budget, before the run fails for it */
  readonly onShort: (denial: Uint8Array) => void
  readonly laps: Laps
}

/**
 * Steps 5 to 8 for one run. Whatever happens, its keys are overwritten and its folder is gone at the end.
 * @returns whether this execution's result stands (false when an earlier one does)
 */
export async function executeRun(executor: Executor, bundle: RunBundleBytes, control: RunControl): Promise<boolean> {
  const { laps } = control
  const grid = startReleaseGrid(executor.releaseGridMs)
  const run = await verifyRunBundle(bundle, { now: executor.now() })
  if (run.run.id !== control.runId) throw new ReinraumError('contract-mismatch', 'governance gave out another run')
  laps.lap('verify')
  // Refused here costs nobody anything: no key is asked for and no approval is used up.
  const guarded = await guardedQuery(executor.guard, run)
  const scans = await executor.guard.plannedReads({ slots: guarded.slots, statements: guarded })
  laps.lap('guard')
  const { path, files, child, remove } = await executor.workplaces.take()
  try {
    const keys = await createRunKeys(releaseSuiteOf(run.contract.document))
    const sealed = join(path, 'result.sealed')
    try {
      return await runWithKeys({ executor, run, bundle, guarded, scans, keys, files, sealed, grid, laps, child }, control)
    } finally {
      keys.zeroise()
    }
  } finally {
    await remove()
  }
}

interface Execution {
  readonly executor: Executor
  readonly run: VerifiedRun
  readonly bundle: RunBundleBytes
  readonly guarded: AllowedQuery
  readonly scans: readonly Scan[]
  readonly keys: RunKeys
  readonly files: RunFolder
  readonly sealed: string
  readonly grid: ReleaseGrid
  readonly laps: Laps
  readonly child: Child
}

async function runWithKeys(execution: Execution, control: RunControl): Promise<boolean> {
  const { executor, run, bundle, keys, laps } = execution
  const obtained = await obtainKeys(executor, run, bundle, keys, control.onShort)
  const isSpent = debits(obtained.releases)
  try {
    laps.lap('keys')
    const lease = holdLease({
      custodies: custodiesOf(run),
      expiresAt: obtained.leaseExpiresAt,
      renew: renewalOf(executor, run.run.id),
      now: executor.now,
      onRevocation: control.onRevocation,
    })
    const shared = sharedLease(lease)
    const letGo = shared.hold()
    const signal = AbortSignal.any([control.signal, lease.signal])
    try {
      // What another attempt of the run would do again is done again here where there can be none.
      const trying: Trying = isSpent ? patiently : (step) => step()
      return await withReason(signal, () =>
        computeAndDeliver(execution, { obtained, signal, trying, lease: shared, confirmLease: () => lease.confirm() }),
      )
    } finally {
      letGo()
    }
  } catch (error) {
    throw isSpent ? endOfSpent(error) : error
  } finally {
    zeroise(...obtained.dataKeys.values())
    zeroiseHistories(obtained.histories.values())
  }
}

interface WithKeys {
  readonly obtained: ObtainedKeys
  readonly signal: AbortSignal
  /** Makes a step that other services have part in, which may be made more than once. */
  readonly trying: Trying
  readonly lease: KeepingLease
  readonly confirmLease: () => Promise<void>
}

async function computeAndDeliver(
  execution: Execution,
  { obtained, signal, trying, lease, confirmLease }: WithKeys,
): Promise<boolean> {
  const { executor, run, bundle, guarded, scans, keys, files, sealed, grid, laps, child } = execution
  const datasets = [...run.manifests].map(([slot, manifest]) => ({ slot, manifest, file: join(files.data, `${slot}.parquet`) }))
  const sealedSlots = datasets.map((dataset) => {
    const key = obtained.dataKeys.get(dataset.slot)
    if (key === undefined) throw new ReinraumError('key-mismatch', `no key for ${dataset.slot}`)
    return { ...dataset, key, scans: scans.filter(({ slot }) => slot === dataset.slot) }
  })
  const { id: contractId, document } = run.contract
  const keeping = document.cache === 'never' ? undefined : { contractId, lease, datasets: executor.keptDatasets }
  await unsealSlots(sealedSlots, { ciphertexts: executor, keeping, trying, signal })
  zeroise(...obtained.dataKeys.values())
  laps.lap('unseal')
  const histories = await openRunHistories(executor, run, obtained, guarded.cells, signal)
  laps.lap('history')
  const { rewrittenSql, noise } = guarded
  const { comparisons, compare } = histories
  const question = {
    datasets: datasets.map(({ slot, manifest, file }) => ({ slot, file, columns: manifest.document.schema.columns })),
    comparisons,
    noise: noise.map(noiseSql),
    sql: guarded.resultSql,
    ...(guarded.plan.maxBytes === null ? {} : { resultBytes: guarded.plan.maxBytes }),
  }
  const answers = { compare, addNoise: noise.length === 0 ? undefined : noiseFor(noise, signal) }
  const { resultKey } = keys
  const options = { child, question, answers, folder: files, sealed, resultKey, runId: run.run.id, grid, signal }
  const result = await compute(options)
  laps.lap('compute')
  // Before anybody can see the result: what is not remembered cannot be compared with.
  await histories.keep()
  laps.lap('keep')
  const gate = await sealGate(run.contract.document, run.run.document, run.run.id, resultKey)
  // What the receipt says is judged at its own time by everyone who reads it, so it is judged here first. The time is one of the
  // grid: it tells nothing of the query.
  const finishedAt = executor.now()
  await verifyRunBundle(bundle, { now: finishedAt })
  const named = guarded.namedNoise
  const receipt = await signReceipt(executor, {
    run,
    keys,
    obtained,
    rewrittenSql,
    noise: named,
    sealed: result,
    gate,
    finishedAt,
  })
  laps.lap('receipt')
  const stands = await trying(async () => {
    await confirmLease()
    laps.lap('lease')
    signal.throwIfAborted()
    return deposit(executor, run.run.id, receiptBundle(bundle, obtained, receipt), gate, result)
  }, signal)
  laps.lap('deposit')
  return stands
}

/** A run that was stopped says why it was stopped, not which call noticed. */
async function withReason<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error
  }
}
