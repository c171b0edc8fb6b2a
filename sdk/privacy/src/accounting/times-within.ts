import type { Charge } from './charge.ts'

/** How many charges like this fit into what is left, one after the other; undefined for a charge of nothing. */
export function timesWithin(charge: Charge, left: Charge): number | undefined {
  const times = [quotient(left.epsilon, charge.epsilon), quotient(left.delta, charge.delta)].filter((n) => n !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Of safe integers from 0. */
function quotient(left: number, each: number): number | undefined {
  return each === 0 ? undefined : Number(BigInt(left) / BigInt(each))
}
