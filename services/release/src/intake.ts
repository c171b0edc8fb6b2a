import { digestId, ReinraumError, randomBytes } from '@reinraum/crypto'
import type { ObjectStore, Transaction } from '@reinraum/kit'
import { recordEvent } from './events.ts'
import type { PartyRow, ReleaseStore, ReleaseTables, ResultRow } from './store.ts'
import type { VerifiedDeposit } from './verify-deposit.ts'

export interface Outcome {
  readonly receiptId: string
  /** false when an earlier deposit for the run stands */
  readonly accepted: boolean
}

/** Takes in deposits, each beside the others until it is complete; the first complete one of a run stands. */
export interface Intake {
  standing(runId: string): Promise<Outcome | undefined>
  /** @throws ReinraumError `ciphertext-mismatch`, `storage-full` */
  take(deposit: VerifiedDeposit, data: AsyncIterable<Uint8Array>): Promise<Outcome>
  /** After a crash: removes what was left of deposits that were not complete. */
  dropInterrupted(): Promise<void>
}

export interface IntakeParts {
  readonly store: ReleaseStore
  readonly objects: ObjectStore
  readonly now: () => Date
}

export function createIntake({ store, objects, now }: IntakeParts): Intake {
  let last: Promise<unknown> = Promise.resolve()
  /** One after another: so nobody removes an object that another deposit is about to name. */
  const alone = <T>(fn: () => Promise<T>): Promise<T> => {
    const result = last.then(fn)
    last = result.catch(() => undefined)
    return result
  }

  async function standing(runId: string): Promise<Outcome | undefined> {
    const row = await store.db.selectFrom('results').select('receipt_id').where('run_id', '=', runId).executeTakeFirst()
    return row === undefined ? undefined : { receiptId: row.receipt_id, accepted: false }
  }

  async function complete(deposit: VerifiedDeposit, part: string): Promise<Outcome> {
    const earlier = await standing(deposit.run.id)
    if (earlier !== undefined) return earlier
    await objects.commit(part, deposit.object, deposit.length)
    // The part has become the object, which the result names: nothing is left to clean up once this stands.
    await store.transaction(async (trx) => {
      await record(trx, deposit, now().getTime())
      await trx.deleteFrom('incoming').where('part', '=', part).execute()
    })
    return { receiptId: deposit.receipt.id, accepted: true }
  }

  /** Removes the part, and the object unless a result names it. */
  async function cleanUp(part: string, object: string): Promise<void> {
    await objects.discard(part)
    const named = await store.db.selectFrom('results').select('run_id').where('object', '=', object).executeTakeFirst()
    if (named === undefined) await objects.remove(object)
    await store.db.deleteFrom('incoming').where('part', '=', part).execute()
  }

  return {
    standing,
    async take(deposit, data) {
      // A name of its own for each attempt: two executors with the same run do not write into one file.
      const part = digestId(randomBytes(32))
      await store.db.insertInto('incoming').values({ part, object: deposit.object }).execute()
      let accepted = false
      try {
        await receive(objects, part, deposit.length, data)
        const outcome = await alone(() => complete(deposit, part))
        accepted = outcome.accepted
        return outcome
      } finally {
        if (!accepted) await alone(() => cleanUp(part, deposit.object))
      }
    },
    async dropInterrupted() {
      const left = await store.db.selectFrom('incoming').selectAll().execute()
      for (const { part, object } of left) await cleanUp(part, object)
    },
  }
}

async function receive(objects: ObjectStore, part: string, length: number, data: AsyncIterable<Uint8Array>): Promise<void> {
  let received = 0
  for await (const bytes of data) {
    if (received + bytes.length > length)
      throw new ReinraumError('ciphertext-mismatch', `the receipt names ${length} bytes and no more`)
    received = await objects.append(part, received, bytes, { sync: false })
  }
  if (received !== length) throw new ReinraumError('ciphertext-mismatch', `${received} of the ${length} bytes arrived`)
}

async function record(trx: Transaction<ReleaseTables>, deposit: VerifiedDeposit, time: number): Promise<void> {
  const { receipt, query } = deposit
  const result: ResultRow = {
    run_id: deposit.run.id,
    contract_id: deposit.contract.id,
    query_id: query.id,
    receipt_id: receipt.id,
    object: deposit.object,
    length: deposit.length,
    state: receipt.document.gate.reviewers.length === 0 ? 'released' : 'awaiting-review',
    reviewed: 0,
    layers: JSON.stringify(receipt.document.gate.layers),
    gate_layer: deposit.gateLayer,
    receipt_bundle: deposit.receiptBundle,
    deposited_at: time,
  }
  await trx.insertInto('results').values(result).execute()
  await trx.insertInto('result_parties').values(partiesOf(deposit)).execute()
  // Where nobody reviews, the deposit releases it: whoever hears of that has nothing left to learn.
  await recordEvent(trx, result, result.state === 'released' ? 'released' : 'deposited')
}

function partiesOf({ contract, run, receipt, inspectionKeys }: VerifiedDeposit): PartyRow[] {
  const { recipients, reviewers } = receipt.document.gate
  return contract.document.members
    .filter(({ id }) => recipients.includes(id) || reviewers.includes(id))
    .map(({ id, keys }) => ({
      run_id: run.id,
      member: id,
      key: keys.signing.ed25519.x,
      recipient: recipients.includes(id) ? 1 : 0,
      review_position: reviewers.includes(id) ? reviewers.indexOf(id) : null,
      inspection_key: inspectionKeys.get(id) ?? null,
    }))
}
