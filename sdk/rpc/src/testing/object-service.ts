import { ObjectService } from '@reinraum/proto'
import type { Handlers } from '../handlers.ts'
import { type Implementation, implement } from '../implementation.ts'

type ObjectHandlers = Handlers<typeof ObjectService>

/** The object service with the handlers that a test is about; the others answer with nothing. */
export function objectService(handlers: Partial<ObjectHandlers>): Implementation {
  return implement(ObjectService, {
    statObject: async () => ({ length: 0n }),
    async *readObject() {},
    ...handlers,
  })
}
