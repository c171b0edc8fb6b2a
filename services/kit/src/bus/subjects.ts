import type { DescMessage } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import { KeyDecidedSchema, ObjectCommittedSchema, RunEventSchema, StatementRecordedSchema } from '@reinraum/proto'

/** Every event there is: noun, verb, and what its body holds. */
export const eventSchemas = {
  contract: { proposed: StatementRecordedSchema, activated: StatementRecordedSchema },
  manifest: { published: StatementRecordedSchema },
  query: { proposed: StatementRecordedSchema, approved: StatementRecordedSchema, rejected: StatementRecordedSchema },
  run: { queued: RunEventSchema, cancelled: RunEventSchema, started: RunEventSchema, failed: RunEventSchema },
  revocation: { issued: StatementRecordedSchema },
  object: { committed: ObjectCommittedSchema },
  key: { imported: KeyDecidedSchema, released: KeyDecidedSchema, denied: KeyDecidedSchema },
  result: { deposited: RunEventSchema, released: RunEventSchema, rejected: RunEventSchema },
} as const

export type Noun = keyof typeof eventSchemas

const prefix = 'reinraum.v1'

/** Core NATS request: asks executors for evidence over a nonce. */
export const evidenceRequestSubject = `${prefix}.executor.evidence.requested`

/** The subject of one kind of event; `*` stands for every contract. */
export function eventSubject(noun: Noun, verb: string, contract = '*'): string {
  return `${prefix}.${contract}.${noun}.${verb}`
}

/**
 * `reinraum.v1.<64 hex>.<noun>.<verb>`
 * @throws ReinraumError `invalid-argument` for a contract id that is none, or an event that does not exist
 */
export function subjectOf(contractId: string, noun: string, verb: string): string {
  const subject = `${prefix}.${contractId.replace(/^sha256:/, '')}.${noun}.${verb}`
  if (!/^sha256:[0-9a-f]{64}$/.test(contractId) || parseSubject(subject) === undefined) {
    throw new ReinraumError('invalid-argument', 'no such event')
  }
  return subject
}

export interface ParsedSubject {
  readonly contractId: string
  readonly noun: Noun
  readonly verb: string
}

/** What a subject says, or nothing when it is not one of ours. */
export function parseSubject(subject: string): ParsedSubject | undefined {
  const match = /^reinraum\.v1\.([0-9a-f]{64})\.([a-z]+)\.([a-z]+)$/.exec(subject)
  if (match === null) return undefined
  const [, contract = '', noun = '', verb = ''] = match
  if (schemaOf(noun, verb) === undefined) return undefined
  return { contractId: `sha256:${contract}`, noun: noun as Noun, verb }
}

/** The type of an event's body, or nothing when there is no such event. */
export function schemaOf(noun: string, verb: string): DescMessage | undefined {
  const nouns: Readonly<Record<string, Readonly<Record<string, DescMessage>>>> = eventSchemas
  const verbs = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined
  return verbs !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
}
