import { headers, type NatsConnection, nuid } from '@nats-io/transport-node'
import { isErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Log } from '../log.ts'
import type { Subscription } from './bus.ts'
import { asBusError } from './nats-error.ts'
import { replyBranch } from './permissions.ts'

const codeHeader = 'reinraum-code'
const maxRequestsAtOnce = 16

export async function sendRequest(
  nc: NatsConnection,
  inbox: string,
  subject: string,
  body: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array> {
  requireCarried(nc, body, 'request')
  try {
    const reply = `${replyBranch(inbox)}.${nuid.next()}`
    const answer = await nc.request(subject, body, { timeout: timeoutMs, noMux: true, reply })
    const code = answer.headers?.get(codeHeader) ?? ''
    if (code !== '') throw new ReinraumError(isErrorCode(code) ? code : 'internal', 'the request was refused')
    return answer.data
  } catch (error) {
    throw asBusError(error, 'nobody answered the request')
  }
}

export function answerRequests(
  nc: NatsConnection,
  subject: string,
  handle: (body: Uint8Array) => Promise<Uint8Array>,
  queue: string | undefined,
  log: Log,
): Subscription {
  const running = new Set<Promise<void>>()
  const answer = async (message: { data: Uint8Array; respond(data: Uint8Array, o?: object): boolean }) => {
    try {
      if (running.size >= maxRequestsAtOnce) throw new ReinraumError('unavailable', 'too many requests')
      const body = await handle(message.data)
      requireCarried(nc, body, 'answer')
      message.respond(body)
    } catch (error) {
      log.warn({ err: error, subject }, 'a request failed')
      const refusal = headers()
      refusal.set(codeHeader, isReinraumError(error) ? error.code : 'internal')
      message.respond(new Uint8Array(), { headers: refusal })
    }
  }
  const subscription = nc.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback: (error, message) => {
      if (error !== null) {
        log.error({ err: error, subject }, 'requests cannot be received')
        return
      }
      const task = answer(message).finally(() => running.delete(task))
      running.add(task)
    },
  })
  return {
    async stop() {
      subscription.unsubscribe()
      await Promise.allSettled(running)
    },
  }
}

/** Found out here, and not by the client's own check, whose error says nothing to whoever waits for the answer. */
function requireCarried({ info }: NatsConnection, body: Uint8Array, what: 'request' | 'answer'): void {
  if (info !== undefined && body.length > info.max_payload) {
    throw new ReinraumError('resource-exhausted', `the ${what} is larger than NATS carries here (${info.max_payload} bytes)`)
  }
}
