import { ReinraumError } from '@reinraum/crypto'
import { HealthImplementation } from 'grpc-health-check'

/** What health checks say: '' for the process, and a name for each gRPC service that has its own state. */
export interface ServiceHealth {
  readonly implementation: HealthImplementation
  /** The process has started. */
  start(): void
  /** Nothing of this process serves any more, whatever is set afterwards. */
  stop(): void
  /** @throws ReinraumError `invalid-argument` for the empty name */
  set(service: string, serving: boolean): void
}

export function createServiceHealth(): ServiceHealth {
  const implementation = new HealthImplementation({ '': 'NOT_SERVING' })
  const wanted = new Map<string, boolean>()
  let state: 'starting' | 'started' | 'stopped' = 'starting'
  const publish = (service: string) =>
    implementation.setStatus(service, state === 'started' && wanted.get(service) === true ? 'SERVING' : 'NOT_SERVING')
  const enter = (next: typeof state) => {
    if (state === 'stopped') return
    state = next
    wanted.set('', true)
    for (const service of wanted.keys()) publish(service)
  }
  return {
    implementation,
    start: () => enter('started'),
    stop: () => enter('stopped'),
    set(service, serving) {
      if (service === '') throw new ReinraumError('invalid-argument', 'the health of the process is not set by a service')
      wanted.set(service, serving)
      publish(service)
    },
  }
}
