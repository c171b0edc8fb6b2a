import { setTimeout as sleep } from 'node:timers/promises'
import { ObjectService } from '@reinraum/proto'
import { implement } from '@reinraum/rpc'
import { z } from 'zod'
import { serviceConfigShape } from '../config/service-config.ts'
import { type Kit, runService, type Service } from '../lifecycle/run-service.ts'

// A service whose faults a test chooses.
const schema = serviceConfigShape.extend({
  fault: z.enum(['none', 'start', 'rejection', 'stop-hangs', 'stop-fails', 'slow-start', 'sealed']),
})

const start = async ({ fault }: z.infer<typeof schema>, kit: Kit): Promise<Service> => {
  if (fault === 'start') throw new Error('canary')
  if (fault === 'slow-start') await sleep(60_000)
  await kit.serve({
    parties: { services: [] },
    services: {
      services: [
        implement(ObjectService, {
          async statObject() {
            kit.log.info('a call began')
            await sleep(500)
            return { length: 1n }
          },
          async *readObject() {
            yield {}
          },
        }),
      ],
      allow: (caller) => caller.kind === 'service' && caller.id === 'executor',
    },
  })
  if (fault === 'sealed') {
    kit.setHealth('test.Sealed', false)
    kit.setHealth('test.Open', true)
    // Stands for a ceremony: the test says when.
    globalThis.process.on('SIGUSR2', () => kit.setHealth('test.Sealed', true))
  }
  if (fault === 'rejection') setTimeout(() => void Promise.reject(new Error('canary')), 300)
  return {
    async stop() {
      if (fault === 'stop-hangs') await sleep(60_000)
      if (fault === 'stop-fails') throw new Error('canary')
      kit.log.info('service stopped')
    },
  }
}

const { STOP_WITHIN_MS: limit } = process.env
await runService('test', schema, start, limit === undefined ? {} : { stopWithinMs: Number(limit) })
