import { ReinraumError } from '@reinraum/crypto'

const units = { s: 1000, m: 60_000, h: 3600_000, d: 24 * 3600_000 } as const

/** Milliseconds of a duration such as `90m` or `7d`. @throws ReinraumError `invalid-argument` */
export function durationMs(text: string): number {
  const [, count, unit] = /^(0|[1-9][0-9]{0,5})([smhd])$/.exec(text) ?? []
  if (count === undefined || unit === undefined)
    throw new ReinraumError('invalid-argument', 'a duration is a number with s, m, h or d, such as 12h')
  return Number(count) * units[unit as keyof typeof units]
}
