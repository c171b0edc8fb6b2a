import { judged, unsealLimit } from '../../unseal.ts'
import type { Report } from './report.ts'

export interface Limit {
  readonly says: string
  readonly found: number
  readonly atMost?: number
  readonly atLeast?: number
  readonly isMet: boolean
}

/** What this benchmark is to reach, as ratios of one run on two cores at scale 1. */
export function limitsOf({ summary, envelope, sealUpload, runCost }: Omit<Report, 'limits'>): readonly Limit[] {
  const unsealing = envelope.find(({ name }) => name === judged)?.ratio ?? Number.NaN
  return [
    atMost('warm to plain, geometric mean', summary.warm, 1.05),
    atMost('cold to plain, geometric mean', summary.cold, 1.35),
    atMost('cold to plain, the worst question', summary.worstCold, 2.5),
    atLeast(
      'naive to cold, the least of the questions that read under a third of the columns',
      summary.naive?.least ?? Number.NaN,
      2.5,
    ),
    atLeast('unsealing with two workers to `openssl speed` on one', unsealing, unsealLimit),
    atLeast('seal and upload to encrypting to /dev/null in as many threads', sealUpload.sealAndUpload / sealUpload.encrypt, 0.5),
    atMost('a small run, median, ms', runCost.whole.p50, 150),
    atLeast('questions with the same answer in all ways', summary.equal ? 22 : 0, 22),
  ]
}

function atMost(says: string, found: number, limit: number): Limit {
  return { says, found, atMost: limit, isMet: found <= limit }
}

function atLeast(says: string, found: number, limit: number): Limit {
  return { says, found, atLeast: limit, isMet: found >= limit }
}
