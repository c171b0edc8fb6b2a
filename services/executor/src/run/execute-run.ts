import { join } from 'node:path'
import { ReinraumError, zeroise } from '@reinraum/crypto'
import { noiseSql, type Scan } from '@reinraum/policy'
import { type RunBundleBytes, type VerifiedRun, verifyRunBundle } from '@reinraum/statements'
import type { RunFolder } from '../child/run-folder.ts'
import type { Child } from '../child/spawn.ts'
import { leastBytes, mostBytes } from '../datasets/dataset-bytes.ts'
import type { KeepingLease } from '../datasets/kept-datasets.ts'
import { type Trying, unsealSlots } from '../datasets/unseal-slots.ts'
import type { Executor } from '../executor.ts'
import { openRunHistories } from '../history/run-histories.ts'
import type { Reservation } from '../memory/run-memory.ts'
import { compute } from './compute.ts'
import { custodiesOf } from './custodies.ts'
import { deposit } from './deposit.ts'
import { sealGate } from './gate.ts'
import { guardAndPrepare } from './guard-and-prepare.ts'
import type { AllowedQuery } from './guarded-query.ts'
import { heardLater } from './heard-later.ts'
import type { RunKeys } from './keys.ts'
import type { Laps } from './laps.ts'
import { holdLease, type LeaseOptions, renewalOf } from './lease.ts'
import { noiseFor } from './noise-for.ts'
import { type issueNonces, type ObtainedKeys, obtainKeys } from './obtain-keys.ts'
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
  /** Resolves once it is said that the run was taken from the queue: no key is asked for before. */
  readonly started: Promise<void>
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
  // Before anything is asked for that does not stay good for as long as this may take.
  const reservation = await executor.memory.reserve(mostBytes(run.manifests), control.signal)
  try {
    laps.lap('room')
    return await executeWithRoom({ executor, run, bundle, grid, laps, reservation }, control)
  } finally {
    reservation.release()
  }
}

type Begun = Pick<Execution, 'executor' | 'run' | 'bundle' | 'grid' | 'laps' | 'reservation'>

async function executeWithRoom(begun: Begun, control: RunControl): Promise<boolean> {
  const { executor, run, laps, reservation } = begun
  const { guarded, keys, nonces } = await guardAndPrepare(executor, run)
  try {
    await control.started
    laps.lap('guard')
    const { path, files, child, remove } = await executor.workplaces.take()
    try {
      const planned = heardLater(executor.guard.plannedReads({ slots: guarded.slots, statements: guarded }))
      reservation.liesIn(path)
      // Where all of every dataset fits, nobody has to wait for what is read of them.
      if (!reservation.holdsAll) reservation.requireLeast(leastBytes(run.manifests, await planned))
      const sealed = join(path, 'result.sealed')
      const execution = { ...begun, guarded, nonces, keys, files, sealed, child }
      return await runWithKeys({ ...execution, planned }, control)
    } finally {
      await remove()
    }
  } finally {
    keys.zeroise()
  }
}

interface Execution {
  readonly executor: Executor
  readonly run: VerifiedRun
  readonly bundle: RunBundleBytes
  readonly guarded: AllowedQuery
  readonly planned: Promise<readonly Scan[]>
  readonly nonces: ReturnType<typeof issueNonces>
  readonly keys: RunKeys
  readonly files: RunFolder
  readonly sealed: string
  readonly grid: ReleaseGrid
  readonly laps: Laps
  readonly child: Child
  readonly reservation: Reservation
}

async function runWithKeys(execution: Execution, control: RunControl): Promise<boolean> {
  const { executor, run, bundle, nonces, keys, laps } = execution
  const obtained = await obtainKeys(executor, run, bundle, { keys, nonces }, control.onShort)
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
  const { executor, run, bundle, guarded, planned, keys, files, sealed, grid, laps, child, reservation } = execution
  const datasets = [...run.manifests].map(([slot, manifest]) => ({ slot, manifest, file: join(files.data, `${slot}.parquet`) }))
  const scans = await planned
  const sealedSlots = datasets.map((dataset) => {
    const key = obtained.dataKeys.get(dataset.slot)
    if (key === undefined) throw new ReinraumError('key-mismatch', `no key for ${dataset.slot}`)
    return { ...dataset, key, scans: scans.filter(({ slot }) => slot === dataset.slot) }
  })
  const { id: contractId, document } = run.contract
  const keeping = document.cache === 'never' ? undefined : { contractId, lease, datasets: executor.keptDatasets }
  await unsealSlots(sealedSlots, { ciphertexts: executor, keeping, trying, signal, reservation })
  reservation.settle()
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
  // As much work whatever the data say.
  const sealingGate = heardLater(sealGate(run.contract.document, run.run.document, run.run.id, resultKey))
  const options = { child, question, answers, folder: files, sealed, resultKey, runId: run.run.id, grid, signal }
  const result = await compute(options)
  laps.lap('compute')
  // Before anybody can see the result: what is not remembered cannot be compared with.
  await histories.keep()
  laps.lap('keep')
  // Asked for while the receipt is signed, and both are there before anything leaves this process.
  let confirmed: Promise<void> | undefined = heardLater(confirmLease())
  const gate = await sealingGate
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
    const asked = confirmed
    confirmed = undefined
    await (asked ?? confirmLease())
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
