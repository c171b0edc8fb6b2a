import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyService } from '../seal/key-service.ts'
import { eraseDue, forgetOldPages } from './erase.ts'

const intervalMs = 30_000

/** Destroys keys when they are due, also when nobody asks for them. While the service is sealed they wait. */
export function startDestructionTimer(service: KeyService, { everyMs = intervalMs } = {}): { stop(): Promise<void> } {
  const { store, log } = service.site
  const stopping = new AbortController()
  // After a crash the log may still hold pages from before an erasure that was committed.
  let clean = false
  const loop = run()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (!service.isSealed() && (await service.use(eraseDue)) > 0) clean = false
        if (!clean) clean = await forgetOldPages(store)
      } catch (error) {
        log.warn({ err: error }, 'keys that are due cannot be destroyed')
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
