import { type Count, lowerBound, upperBound } from './clopper-pearson.ts'
import { type Database, distinguishingEvent, type Outcome, type OutcomeEvent, type Tally } from './distinguishing-event.ts'

export interface AuditOptions {
  /** on each of the databases; half of them choose an event, in the other half it is counted */
  readonly runs: number
  /** that ε is not overestimated; 0.999999 is wrong once in a million audits of a mechanism that uses up its ε */
  readonly confidence: number
  /** the δ that the mechanism claims */
  readonly delta?: number
}

export interface AuditFinding {
  /** The mechanism is not (ε, δ)-differentially private for any smaller ε, with the confidence asked for. 0 says nothing. */
  readonly epsilon: number
  /** what gave it away, and under which database it is likelier */
  readonly event: string
  readonly likelier: Database
}

const databases = ['without', 'with'] as const

/**
 * Estimates from below how much a mechanism gives away: runs it many times on two neighbouring databases and finds an event that
 * is much likelier under one of them. If a mechanism is (ε, δ)-differentially private, P(event) ≤ exp(ε)·P'(event) + δ for every
 * event; so probabilities p, p' prove ε ≥ ln((p - δ) / p'). Bounds of both are those of Clopper and Pearson, from runs that
 * had no part in the choice of the event (StatDP: Ding, Wang, Wang, Zhang, Kifer 2018; with δ: Jagielski, Ullman, Oprea 2020).
 *
 * A finding above the claim refutes it. One below does not prove it: another event, or another pair of databases, may
 * show more.
 * @param mechanism the mechanism, with fresh randomness in every run; of large outcomes give the part that may tell
 * @throws RangeError if there are fewer than four runs, or the confidence or δ is no probability
 */
export async function audit(
  mechanism: (database: Database) => Outcome | Promise<Outcome>,
  options: AuditOptions,
): Promise<AuditFinding> {
  const { runs, confidence, delta = 0 } = options
  if (!Number.isSafeInteger(runs) || runs < 4) throw new RangeError('an audit takes four runs at least')
  if (!(confidence > 0 && confidence < 1)) throw new RangeError('a confidence lies between 0 and 1')
  if (!(delta >= 0 && delta < 1)) throw new RangeError('δ lies from 0 to below 1')
  const quarter = Math.floor(runs / 4)
  const ordering = await tally(mechanism, quarter)
  const scoring = await tally(mechanism, quarter)
  const trials = runs - 2 * quarter
  const counted = await tally(mechanism, trials)
  const findings = databases.map((likelier): AuditFinding => {
    const event = distinguishingEvent(ordering, scoring, likelier, delta * quarter)
    // Two events, two bounds each: any of the four may fail.
    const epsilon = provenLoss(counted, event, likelier, { delta, trials, error: (1 - confidence) / 4 })
    return { epsilon, event: event.description, likelier }
  })
  return findings.reduce((most, finding) => (finding.epsilon > most.epsilon ? finding : most))
}

async function tally(mechanism: (database: Database) => Outcome | Promise<Outcome>, runs: number): Promise<Tally> {
  const counts = new Map<Outcome, Record<Database, number>>()
  for (let run = 0; run < runs; run += 1) {
    for (const database of databases) {
      const outcome = await mechanism(database)
      const seen = counts.get(outcome)
      if (seen === undefined) counts.set(outcome, { without: 0, with: 0, [database]: 1 })
      else seen[database] += 1
    }
  }
  return counts
}

function provenLoss(
  counted: Tally,
  event: OutcomeEvent,
  likelier: Database,
  { delta, trials, error }: { readonly delta: number; readonly trials: number; readonly error: number },
): number {
  const count = (database: Database): Count => {
    let successes = 0
    for (const [outcome, seen] of counted) if (event.contains(outcome)) successes += seen[database]
    return { successes, trials }
  }
  const likely = lowerBound(count(likelier), error) - delta
  const unlikely = upperBound(count(likelier === 'with' ? 'without' : 'with'), error)
  return likely > unlikely ? Math.log(likely / unlikely) : 0
}
