import { create, toBinary } from '@bufbuild/protobuf'
import { enqueue, subjectOf, type Transaction } from '@reinraum/kit'
import { RunEventSchema } from '@reinraum/proto'
import type { ReleaseTables } from './store.ts'

/** Writes the event beside the change it speaks of. Each happens once per run, so its id is made of both. */
export async function recordEvent(
  trx: Transaction<ReleaseTables>,
  result: { readonly contract_id: string; readonly run_id: string },
  verb: 'deposited' | 'released' | 'rejected',
): Promise<void> {
  const { contract_id: contractId, run_id: runId } = result
  await enqueue(trx, {
    id: `${runId}/result.${verb}`,
    subject: subjectOf(contractId, 'result', verb),
    body: toBinary(RunEventSchema, create(RunEventSchema, { contractId, runId })),
  })
}
