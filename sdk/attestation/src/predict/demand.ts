import { ReinraumError } from '@reinraum/crypto'

/** What a prediction needs and does not get ends it: a measurement of something else would be worse than none. */
export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ReinraumError('invalid-argument', message)
}
