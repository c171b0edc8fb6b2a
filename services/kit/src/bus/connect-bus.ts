import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import { AuthorizationError, connect, headers, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { ReinraumError } from '@reinraum/crypto'
// TLS 1.3 is the floor for every socket of the process; it is set there.
import { tlsFloor } from '@reinraum/rpc'
import type { Log } from '../log.ts'
import type { Bus, BusConfig, Subscription } from './bus.ts'
import { busTls } from './bus-tls.ts'
import { startConsuming } from './consume.ts'
import { eventFrom, writeHeaders } from './event.ts'
import { asBusError } from './nats-error.ts'
import { answerRequests, sendRequest } from './requests.ts'
import { streamOf } from './streams.ts'

const publishTimeoutMs = 5_000

/**
 * Connects a service to NATS and keeps it connected: after the first connection it reconnects for ever.
 * @throws ReinraumError `permission-denied` when the server refuses the credential
 */
export async function connectBus(config: BusConfig, log: Log, signal?: AbortSignal): Promise<Bus> {
  const nc = await firstConnection(config, log, signal)
  void watchConnection(nc, log)
  const js = jetstream(nc, { timeout: publishTimeoutMs })
  const subscriptions = new Set<Subscription>()
  const track = (subscription: Subscription): Subscription => {
    const tracked = {
      stop: () => {
        subscriptions.delete(tracked)
        return subscription.stop()
      },
    }
    subscriptions.add(tracked)
    return tracked
  }
  return {
    async publish(event) {
      const checked = eventFrom(event)
      try {
        await js.publish(checked.subject, checked.body, {
          msgID: checked.id,
          headers: writeHeaders(headers(), checked, config.id),
          expect: { streamName: streamOf(checked.subject) },
        })
      } catch (error) {
        throw asBusError(error, 'the event was not stored')
      }
    },
    consume: async (options) => track(await startConsuming(nc, options, log)),
    request: (subject, body, options) => sendRequest(nc, config.nats.inbox, subject, body, options?.timeoutMs ?? 5_000),
    reply: (subject, handle, options) => track(answerRequests(nc, subject, handle, options?.queue, log)),
    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()))
      await nc.close()
    },
  }
}

async function firstConnection(config: BusConfig, log: Log, signal: AbortSignal | undefined): Promise<NatsConnection> {
  const authenticator = nkeyAuthenticator(readSecret(config.nats.seed))
  const ca = readFileSync(config.nats.ca, 'utf8')
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await connect({
        servers: config.nats.servers.split(','),
        name: config.id,
        authenticator,
        tls: busTls(ca),
        inboxPrefix: config.nats.inbox,
        ignoreClusterUpdates: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 250,
        reconnectJitterTLS: 250,
        // A server that restarts may refuse for a moment; a service must not stay away for ever because of that.
        ignoreAuthErrorAbort: true,
        pingInterval: 10_000,
        maxPingOut: 2,
        timeout: 5_000,
      })
    } catch (error) {
      if (error instanceof AuthorizationError) {
        throw new ReinraumError('permission-denied', 'NATS refuses the credential of this service', { cause: error })
      }
      log.warn({ err: error, tls: tlsFloor }, 'NATS is not reachable yet')
      await sleep(Math.min(2_000, 100 * 2 ** attempt), undefined, signal === undefined ? {} : { signal })
    }
  }
}

function readSecret(file: string): Uint8Array {
  try {
    return new TextEncoder().encode(readFileSync(file, 'utf8').trim())
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `${file} cannot be read`, { cause })
  }
}

async function watchConnection(nc: NatsConnection, log: Log): Promise<void> {
  for await (const status of nc.status()) {
    switch (status.type) {
      case 'disconnect':
      case 'reconnect':
      case 'staleConnection':
        log.warn({ status: status.type }, 'NATS connection')
        break
      case 'error':
        log.error({ err: status.error }, 'NATS refused something')
        break
      default:
        break
    }
  }
}
