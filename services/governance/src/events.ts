import { create, toBinary } from '@bufbuild/protobuf'
import { type EventRecord, newEvent } from '@reinraum/kit'
import { RunEventSchema, StatementRecordedSchema } from '@reinraum/proto'

type StatementNoun = 'contract' | 'manifest' | 'query' | 'revocation'

/** Says that a signed statement was recorded. */
export function statementEvent(
  contractId: string,
  noun: StatementNoun,
  verb: string,
  statementId: string,
  kind: string,
): EventRecord {
  const body = toBinary(StatementRecordedSchema, create(StatementRecordedSchema, { contractId, statementId, kind }))
  return newEvent({ contractId, noun, verb, body })
}

/** Says that a run was queued or cancelled. */
export function runEvent(contractId: string, verb: 'queued' | 'cancelled', runId: string): EventRecord {
  return newEvent({
    contractId,
    noun: 'run',
    verb,
    body: toBinary(RunEventSchema, create(RunEventSchema, { contractId, runId })),
  })
}
