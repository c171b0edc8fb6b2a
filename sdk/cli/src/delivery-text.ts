import type { Delivery } from '@reinraum/client'
import type { Outcome } from './command.ts'
import { table } from './output.ts'

/** Where a revocation or a rejection arrived. One that some place did not hear of is not done. */
export function delivered(what: string, id: string, deliveries: readonly Delivery[]): Outcome {
  const rows = deliveries.map(({ to, failed }) => [to, failed ?? 'done'])
  return {
    text: `${what} ${id}\n${table(['TO', 'OUTCOME'], rows)}`,
    json: { [`${what}Id`]: id, deliveries },
    exitCode: deliveries.some(({ failed }) => failed !== null) ? 1 : 0,
  }
}
