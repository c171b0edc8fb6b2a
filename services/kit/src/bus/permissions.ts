import { ReinraumError } from '@reinraum/crypto'
import { type ConsumerRef, consumersOf, kindOf, nameOf } from './consumers.ts'
import { eventSubject, evidenceRequestSubject } from './subjects.ts'

/** What a NATS user may publish and subscribe to; everything else is refused by the server. */
export interface Permissions {
  readonly publish: string[]
  readonly subscribe: string[]
}

/** Prefix of a service's reply subjects; nobody else may subscribe to them. */
export function inboxOf(serviceId: string): string {
  return `_INBOX_${nameOf(serviceId)}`
}

/** Where answers to core requests arrive. A branch of its own: whoever may answer cannot pretend to be JetStream. */
export function replyBranch(inbox: string): string {
  return `${inbox}.reply`
}

/**
 * The least that a service needs, by its id; `provisioner` creates streams and consumers and does nothing else.
 * @throws ReinraumError `invalid-argument` for a service that does not exist
 */
export function permissionsOf(serviceId: string): Permissions {
  const own = ownPermissions(serviceId)
  const consumers = consumersOf(serviceId)
  return {
    publish: [...own.publish, ...consumers.flatMap(readingFrom)],
    subscribe: [...own.subscribe, `${inboxOf(serviceId)}.>`],
  }
}

function ownPermissions(serviceId: string): Permissions {
  switch (kindOf(serviceId)) {
    case 'governance':
      return {
        publish: [
          eventSubject('contract', 'proposed'),
          eventSubject('contract', 'activated'),
          eventSubject('manifest', 'published'),
          eventSubject('query', 'proposed'),
          eventSubject('query', 'approved'),
          eventSubject('query', 'rejected'),
          eventSubject('run', 'queued'),
          eventSubject('run', 'cancelled'),
          eventSubject('revocation', 'issued'),
          evidenceRequestSubject,
          // The work that a dead-letter advisory speaks of, by its sequence number.
          '$JS.API.STREAM.MSG.GET.WORK',
        ],
        subscribe: [],
      }
    case 'ingestion':
      return { publish: [eventSubject('object', 'committed')], subscribe: [] }
    case 'keys':
      return {
        publish: [eventSubject('key', 'imported'), eventSubject('key', 'released'), eventSubject('key', 'denied')],
        subscribe: [],
      }
    case 'executor':
      return {
        publish: [eventSubject('run', 'started'), eventSubject('run', 'failed'), `${replyBranch(inboxOf('governance'))}.*`],
        subscribe: [evidenceRequestSubject],
      }
    case 'release':
      return {
        publish: [eventSubject('result', 'deposited'), eventSubject('result', 'released'), eventSubject('result', 'rejected')],
        subscribe: [],
      }
    case 'provisioner':
      return { publish: ['$JS.API.INFO', '$JS.API.STREAM.*.*', '$JS.API.CONSUMER.>'], subscribe: [] }
    default:
      throw new ReinraumError('invalid-argument', `there is no service ${serviceId}`)
  }
}

function readingFrom({ stream, durable }: ConsumerRef): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
    // The form with domain and account in front (ADR-15), the default from 2.15 on.
    `$JS.ACK.*.*.${stream}.${durable}.>`,
  ]
}
