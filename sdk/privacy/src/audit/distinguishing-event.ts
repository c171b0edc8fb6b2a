/** Two neighbouring databases: one has a privacy unit more. */
export type Database = 'without' | 'with'

/** What a run gave: a number, so that thresholds are tried, or any text. */
export type Outcome = bigint | number | string

/** How often each outcome came, in equally many runs on both databases. */
export type Tally = ReadonlyMap<Outcome, Readonly<Record<Database, number>>>

/** A set of outcomes. */
export interface OutcomeEvent {
  /** as people say it: `at least 14` */
  readonly description: string
  readonly contains: (outcome: Outcome) => boolean
}

/** Outcomes in the order in which they join an event: each first part of them is a candidate. */
interface Candidates {
  readonly outcomes: readonly Outcome[]
  readonly eventOf: (firstPart: readonly Outcome[]) => OutcomeEvent
}

/**
 * The event that seems to tell the databases apart best, where `likelier` is the one under which it is likelier. Candidates are
 * all outcomes from a threshold on, up or down, and outcomes by the ratio of their frequencies, largest first: thresholds of
 * the likelihood ratio are the best events there are (DP-Sniper: Bichsel, Steffen, Bogunovic, Vechev 2021), and those of the
 * outcome come to the same for additive noise, where single outcomes are too rare to have a frequency.
 * @param ordering outcomes whose ratios are compared
 * @param scoring other outcomes, so that a ratio which was chance does not win
 * @param excess runs of `scoring` that δ allows any event to come too often
 */
export function distinguishingEvent(ordering: Tally, scoring: Tally, likelier: Database, excess: number): OutcomeEvent {
  const other = likelier === 'with' ? 'without' : 'with'
  let [best, highest]: [OutcomeEvent, number] = [{ description: 'none', contains: () => false }, 0]
  for (const { outcomes, eventOf } of [byRatio(ordering, likelier, other), ...byThreshold(scoring)]) {
    let [seen, seenOther, length, score] = [0, 0, 0, highest]
    outcomes.forEach((outcome, index) => {
      seen += scoring.get(outcome)?.[likelier] ?? 0
      seenOther += scoring.get(outcome)?.[other] ?? 0
      const ratio = cautiousRatio(seen - excess, seenOther)
      if (ratio > score) [score, length] = [ratio, index + 1]
    })
    if (score > highest) [best, highest] = [eventOf(outcomes.slice(0, length)), score]
  }
  return best
}

function byRatio(tally: Tally, likelier: Database, other: Database): Candidates {
  const ratio = (outcome: Outcome) => ((tally.get(outcome)?.[likelier] ?? 0) + 1) / ((tally.get(outcome)?.[other] ?? 0) + 1)
  return {
    outcomes: [...tally.keys()].toSorted((a, b) => ratio(b) - ratio(a)),
    eventOf: (members) => {
      const set = new Set(members)
      const shown = members.toSorted(ascending).slice(0, 5).join(', ')
      return { description: members.length > 5 ? `${shown}, …` : shown, contains: (outcome) => set.has(outcome) }
    },
  }
}

function byThreshold(tally: Tally): readonly Candidates[] {
  const outcomes = [...tally.keys()]
  if (outcomes.some((outcome) => typeof outcome === 'string')) return []
  const sorted = outcomes.toSorted(ascending)
  return [threshold(sorted, 'at most'), threshold(sorted.toReversed(), 'at least')]
}

function ascending(a: Outcome, b: Outcome): number {
  return a < b ? -1 : 1
}

function threshold(outcomes: readonly Outcome[], words: 'at most' | 'at least'): Candidates {
  return {
    outcomes,
    eventOf: (members) => {
      const last = members.at(-1) as Outcome
      return { description: `${words} ${last}`, contains: (outcome) => (words === 'at most' ? outcome <= last : outcome >= last) }
    },
  }
}

/** The ratio of two counts, each four deviations off to the side of less: rare events promise what they will not keep. */
function cautiousRatio(seen: number, seenOther: number): number {
  const caution = 4
  return (seen - caution * Math.sqrt(Math.max(0, seen))) / (seenOther + caution * Math.sqrt(seenOther) + caution ** 2)
}
