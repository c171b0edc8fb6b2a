import { join } from 'node:path'
import { ReinraumError, zeroise } from '@reinraum/crypto'
import { type RunBundleBytes, releaseSuiteOf, type VerifiedRun, verifyRunBundle } from '@reinraum/statements'
import { type Child, startChild } from '../child/spawn.ts'
import type { Executor } from '../executor.ts'
import { custodiesOf } from './custodies.ts'
import { deposit } from './deposit.ts'
import { sealGate } from './gate.ts'
import { createRunKeys, type RunKeys } from './keys.ts'
import type { Laps } from './laps.ts'
import { holdLease, type LeaseOptions, renewalOf } from './lease.ts'
import { type ObtainedKeys, obtainKeys } from './obtain-keys.ts'
import { openDataset } from './open-dataset.ts'
import { receiptBundle, signReceipt } from './receipt.ts'
import { sealResult } from './seal-result.ts'

export interface RunControl {
  /** the run that was on the work queue */
  readonly runId: string
  /** aborted when the run is cancelled or the service stops */
  readonly signal: AbortSignal
  readonly onRevocation: LeaseOptions['onRevocation']
  readonly laps: Laps
}

/**
 * Steps 5 to 8 for one run. Whatever happens, its keys are overwritten and its folder is gone at the end.
 * @returns whether this execution's result stands (false when an earlier one does)
 */
export async function executeRun(executor: Executor, bundle: RunBundleBytes, control: RunControl): Promise<boolean> {
  const { laps } = control
  const run = await verifyRunBundle(bundle, { now: executor.now() })
  if (run.run.id !== control.runId) throw new ReinraumError('contract-mismatch', 'governance gave out another run')
  laps.lap('verify')
  // Refused here costs nobody anything: no key is asked for and no approval is used up.
  const rewrittenSql = await guardedSql(executor, run)
  laps.lap('guard')
  // Started here, so that it is warm when the keys and the data are there.
  const child = startChild(executor.limits, executor.confinement)
  const keys = await createRunKeys(releaseSuiteOf(run.contract.document))
  const folder = await executor.scratch.open()
  let obtained: ObtainedKeys | undefined
  try {
    obtained = await obtainKeys(executor, run, bundle, keys)
    laps.lap('keys')
    const lease = holdLease({
      custodies: custodiesOf(run),
      expiresAt: obtained.leaseExpiresAt,
      renew: renewalOf(executor, run.run.id),
      now: executor.now,
      onRevocation: control.onRevocation,
    })
    const signal = AbortSignal.any([control.signal, lease.signal])
    try {
      return await withReason(signal, () =>
        computeAndDeliver(
          { executor, run, bundle, rewrittenSql, keys, folder: folder.path, signal, laps, child },
          obtained as ObtainedKeys,
          () => lease.confirm(),
        ),
      )
    } finally {
      lease.stop()
    }
  } finally {
    child.discard()
    keys.zeroise()
    zeroise(...(obtained?.dataKeys.values() ?? []))
    await folder.remove()
  }
}

interface Computation {
  readonly executor: Executor
  readonly run: VerifiedRun
  readonly bundle: RunBundleBytes
  readonly rewrittenSql: string
  readonly keys: RunKeys
  readonly folder: string
  readonly signal: AbortSignal
  readonly laps: Laps
  readonly child: Child
}

async function computeAndDeliver(
  computation: Computation,
  obtained: ObtainedKeys,
  confirmLease: () => Promise<void>,
): Promise<boolean> {
  const { executor, run, bundle, rewrittenSql, keys, folder, signal, laps, child } = computation
  const datasets = [...run.manifests].map(([slot, manifest]) => ({ slot, manifest, file: join(folder, `${slot}.parquet`) }))
  for (const { slot, manifest, file } of datasets) {
    const key = obtained.dataKeys.get(slot)
    if (key === undefined) throw new ReinraumError('key-mismatch', `no key for ${slot}`)
    await openDataset(executor, manifest, key, file, signal)
  }
  zeroise(...obtained.dataKeys.values())
  laps.lap('unseal')
  const result = join(folder, 'result.parquet')
  const job = {
    directory: folder,
    datasets: datasets.map(({ slot, manifest, file }) => ({ slot, file, columns: manifest.document.schema.columns })),
    sql: rewrittenSql,
    result,
    memoryMiB: executor.limits.memoryMiB,
    threads: executor.limits.threads,
  }
  const { rowCount } = await child.run(job, signal)
  laps.lap('query')
  const sealed = await sealResult(result, join(folder, 'result.sealed'), keys.resultKey, run.run.id)
  const gate = await sealGate(run.contract.document, run.run.document, run.run.id, keys.resultKey)
  laps.lap('seal')
  // What the receipt says is judged at its own time by everyone who reads it, so it is judged here first.
  const finishedAt = executor.now()
  await verifyRunBundle(bundle, { now: finishedAt })
  const receipt = await signReceipt(executor, { run, keys, obtained, rewrittenSql, rowCount, sealed, gate, finishedAt })
  laps.lap('receipt')
  await confirmLease()
  laps.lap('lease')
  signal.throwIfAborted()
  const stands = await deposit(executor, run.run.id, receiptBundle(bundle, obtained, receipt), gate, sealed)
  laps.lap('deposit')
  return stands
}

async function guardedSql({ guard }: Executor, { contract, query, run }: VerifiedRun): Promise<string> {
  const slots = contract.document.slots.filter((slot) => query.document.slots.includes(slot.id))
  const verdict = await guard.check({
    sql: query.document.sql,
    parameters: query.document.parameters,
    values: run.document.parameters,
    slots,
  })
  if (verdict.verdict === 'refused') {
    throw new ReinraumError('guard-refused', verdict.reasons.map((reason) => reason.code).join(', '))
  }
  // Keys are asked for exactly what is read: a query that names more than its SQL needs is refused.
  if (verdict.plan.slots.map(({ id }) => id).join() !== [...query.document.slots].sort().join()) {
    throw new ReinraumError('query-mismatch', 'the query names other slots than its SQL reads')
  }
  return verdict.rewrittenSql
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
