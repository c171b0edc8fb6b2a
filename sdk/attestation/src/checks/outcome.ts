import type { AttestationReason, TrustClaim, Waiver } from '../result.ts'

export type Outcome =
  | { readonly verdict: 'passed'; readonly detail: string; readonly waiver?: Waiver }
  | { readonly verdict: 'failed'; readonly detail: string; readonly reason: AttestationReason }
  | { readonly verdict: 'skipped'; readonly detail: string }

/** One rule of an appraisal. `Name` is the closed set of one kind of evidence, `Subject` what its checks look at. */
export interface CheckRule<Name extends string, Subject> {
  readonly name: Name
  /** what the outcome says something about (AR4SI) */
  readonly claim: TrustClaim
  /** checks that must have passed for this one to mean anything; else it is skipped */
  readonly needs: readonly Name[]
  readonly run: (subject: Subject) => Outcome
}

export function passed(detail: string): Outcome {
  return { verdict: 'passed', detail }
}

/** Passed only because the reference values relax a default. */
export function waived(waiver: Waiver, detail: string): Outcome {
  return { verdict: 'passed', detail, waiver }
}

export function failed(reason: AttestationReason, detail: string): Outcome {
  return { verdict: 'failed', reason, detail }
}

/** The reference values ask nothing here. */
export function notAsked(detail: string): Outcome {
  return { verdict: 'skipped', detail }
}
