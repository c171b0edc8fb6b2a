import type { AttestationReason, Check, CheckName, TrustClaim, TrustVector, Waiver } from '../result.ts'
import { noTrust } from '../verdicts.ts'
import type { CheckRule, Outcome } from './outcome.ts'

export interface RanCheck<Name extends string> {
  readonly name: Name
  readonly claim: TrustClaim
  readonly outcome: Outcome
}

/** Every check with its outcome, in the order in which they ran. */
export interface Run<Name extends string> {
  readonly checks: readonly RanCheck<Name>[]
  /** whether all of these were run and passed: a skipped check never reads as one that held */
  held(names: readonly Name[]): boolean
  /** whether a check was not run for want of its ground; then one must have failed */
  readonly starved: boolean
  /** whether none of these failed: one that the reference values do not ask for does no harm */
  noneFailed(names: readonly Name[]): boolean
}

/** Runs every check whose ground holds, so that the result names all that is wrong and nothing that only follows from it. */
export function runChecks<Name extends string, Subject>(rules: readonly CheckRule<Name, Subject>[], subject: Subject): Run<Name> {
  const outcomes = new Map<Name, Outcome>()
  const held = (name: Name) => outcomes.get(name)?.verdict === 'passed'
  let starved = false
  // Many rules stand on the same list of names, and what has passed stays passed.
  const grounds = new Set<readonly Name[]>()
  const checks = rules.map(({ name, claim, needs, run }): RanCheck<Name> => {
    const missing = grounds.has(needs) ? undefined : needs.find((needed) => !held(needed))
    if (missing === undefined) grounds.add(needs)
    if (missing !== undefined) starved = true
    const outcome: Outcome = missing === undefined ? run(subject) : { verdict: 'skipped', detail: `needs ${missing}` }
    outcomes.set(name, outcome)
    return { name, claim, outcome }
  })
  return {
    checks,
    starved,
    held: (names) => names.every(held),
    noneFailed: (names) => names.every((name) => outcomes.get(name)?.verdict !== 'failed'),
  }
}

export function checksOf(run: Run<CheckName>): Check[] {
  return run.checks.map(({ name, outcome }) => ({ name, verdict: outcome.verdict, detail: outcome.detail }))
}

export function reasonsOf(run: Run<string>): AttestationReason[] {
  const reasons = new Set<AttestationReason>()
  for (const { outcome } of run.checks) if (outcome.verdict === 'failed') reasons.add(outcome.reason)
  return [...reasons]
}

export function waiversOf(run: Run<string>): Waiver[] {
  const waivers: Waiver[] = []
  for (const { outcome } of run.checks) if (outcome.verdict === 'passed' && outcome.waiver) waivers.push(outcome.waiver)
  return waivers
}

/** AR4SI §2.3: 2 affirming, 32 warning, 96 contraindicated; a simulator makes no claim about hardware. */
export function trustVectorOf(run: Run<string>, hardware: boolean): TrustVector {
  const vector: Record<TrustClaim, number> = { ...noTrust(0) }
  for (const { claim, outcome } of run.checks) {
    if (outcome.verdict === 'skipped') continue
    const value = outcome.verdict === 'failed' ? 96 : outcome.waiver ? 32 : 2
    vector[claim] = Math.max(vector[claim], value)
  }
  if (!hardware && vector.hardware < 32) vector.hardware = 0
  return vector
}
