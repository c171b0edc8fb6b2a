import { z } from 'zod'

const decimal = /^(?:0|[1-9][0-9]{0,49})$/

/**
 * Numbers that the vendors' signed collateral carries and that only ever rise: CRL numbers (RFC 5280 §5.2.3) and Intel's
 * tcbEvaluationDataNumber. Keys name the root and the series, values are decimal.
 */
export const freshnessNumbersSchema = z.record(z.string().regex(/^[a-z-]+(?:\/[0-9a-f]{64}){1,2}$/), z.string().regex(decimal))
export type FreshnessNumbers = Readonly<z.infer<typeof freshnessNumbersSchema>>

/**
 * @param root SHA-256 of the root's DER, hex: what a simulated root says never touches the floor of a real one
 * @param issuer SHA-256 of the issuer's name, DER, hex
 */
export function crlSeries(root: string, issuer: string): string {
  return `crl/${root}/${issuer}`
}

export function tcbEvaluationSeries(root: string): string {
  return `tcb-evaluation/${root}`
}

/**
 * Whether a number is as new as what was seen before. A series that was never seen has no floor; nothing is above a floor that
 * is no number, where BigInt would read an empty text as zero.
 */
export function isAtLeastFloor(floors: FreshnessNumbers, series: string, number: bigint): boolean {
  const floor = Object.hasOwn(floors, series) ? floors[series] : undefined
  return floor === undefined || (decimal.test(floor) && number >= BigInt(floor))
}

/** The floors after this observation: none is ever lower than it was. */
export function raiseFloors(floors: FreshnessNumbers, observed: FreshnessNumbers): FreshnessNumbers {
  const raised: Record<string, string> = { ...floors }
  for (const [series, number] of Object.entries(observed)) {
    if (isAtLeastFloor(raised, series, BigInt(number))) raised[series] = number
  }
  return raised
}
