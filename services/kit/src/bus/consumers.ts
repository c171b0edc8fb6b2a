import { eventSubject } from './subjects.ts'

/** A durable consumer. Provisioned with the streams: a service may read from its own and create none. */
export interface ConsumerRef {
  readonly stream: 'WORK' | 'EVENTS' | 'DEAD'
  readonly durable: string
  readonly filter: readonly string[]
}

/** What happened to runs; and work that nobody could finish. */
export const governanceConsumers = {
  events: {
    stream: 'EVENTS',
    durable: 'governance',
    filter: [
      eventSubject('run', 'started'),
      eventSubject('run', 'failed'),
      eventSubject('result', 'deposited'),
      eventSubject('result', 'released'),
      eventSubject('result', 'rejected'),
    ],
  },
  dead: { stream: 'DEAD', durable: 'governance-dead', filter: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WORK.*'] },
} as const satisfies Record<string, ConsumerRef>

/** Each key service hears of every revocation. */
export function keysConsumers(serviceId: string): { readonly revocations: ConsumerRef } {
  return { revocations: { stream: 'EVENTS', durable: nameOf(serviceId), filter: [eventSubject('revocation', 'issued')] } }
}

/** Executors share the work; what stops a run in flight reaches each of them. */
export function executorConsumers(serviceId: string): { readonly work: ConsumerRef; readonly stops: ConsumerRef } {
  return {
    work: { stream: 'WORK', durable: 'executor', filter: [eventSubject('run', 'queued')] },
    stops: {
      stream: 'EVENTS',
      durable: `stops-${nameOf(serviceId)}`,
      filter: [eventSubject('run', 'cancelled'), eventSubject('revocation', 'issued')],
    },
  }
}

/** Every consumer of a service, by its id. */
export function consumersOf(serviceId: string): readonly ConsumerRef[] {
  switch (kindOf(serviceId)) {
    case 'governance':
      return Object.values(governanceConsumers)
    case 'keys':
      return Object.values(keysConsumers(serviceId))
    case 'executor':
      return Object.values(executorConsumers(serviceId))
    default:
      return []
  }
}

/** `keys/health-agency` → `keys` */
export function kindOf(serviceId: string): string {
  return serviceId.split('/')[0] ?? ''
}

/** A service id in the letters that NATS allows in the name of a consumer and in one token of a subject. */
export function nameOf(serviceId: string): string {
  return serviceId.replaceAll('/', '-')
}
