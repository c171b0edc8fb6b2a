/**
 * What a ledger counts, in integers: a charge, or the budget that charges are taken from. Under basic composition `epsilon`
 * counts millionths of ε; under zCDP it counts billionths of ρ. `delta` counts 10⁻¹⁵.
 */
export interface Charge {
  readonly epsilon: number
  readonly delta: number
}
