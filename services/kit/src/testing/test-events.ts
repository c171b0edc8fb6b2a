import { create, toBinary } from '@bufbuild/protobuf'
import { RunEventSchema } from '@reinraum/proto'
import { type EventRecord, newEvent } from '../bus/event.ts'

export const someContract = `sha256:${'a'.repeat(64)}`
export const someRun = `sha256:${'b'.repeat(64)}`

export function runEvent(
  verb: string,
  options: { readonly id?: string; readonly runId?: string; readonly noun?: string } = {},
): EventRecord {
  const { runId = someRun, noun = 'run', ...id } = options
  const body = toBinary(RunEventSchema, create(RunEventSchema, { contractId: someContract, runId }))
  return newEvent({ contractId: someContract, noun, verb, body, ...id })
}
