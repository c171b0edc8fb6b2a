import { ReinraumError } from '@reinraum/crypto'

const dayMs = 24 * 3600_000
/** As long as an owner may have a key wait for its destruction. */
export const maximumDestructionDelayMs = 30 * dayMs

/**
 * The delay that an owner asked for, or a day, in ms.
 * @param minimum what the key service asks for
 * @throws ReinraumError `invalid-argument` when it is outside the bounds
 */
export function destructionDelay(asked: bigint | undefined, minimum: number): number {
  if (asked === undefined) return Math.max(dayMs, minimum)
  if (asked < BigInt(minimum) || asked > BigInt(maximumDestructionDelayMs))
    throw new ReinraumError('invalid-argument', `a destruction waits ${minimum} to ${maximumDestructionDelayMs} ms`)
  return Number(asked)
}
