import { createHmac, createSecretKey } from 'node:crypto'

// 200,000 people who do not exist, in the registers of two agencies: who works where, and who cares for a relative. Whoever runs
// it gets the same people: 32-bit integers and a seed, no clock, no floating point, nothing of the machine.

export const people = 200_000
export const districts: readonly string[] = Array.from({ length: 25 }, (_, i) => `district-${i + 1}`)
export const sectors: readonly string[] = Array.from({ length: 16 }, (_, i) => `sector-${i + 1}`)

/** What the agencies agreed on and nobody else has: a person's pseudonym is the HMAC-SHA256 of their number under it. */
const linkageKey = createSecretKey(Buffer.from('the key that two agencies share for their pseudonyms'))

/** 0 where a person is not in the register */
export interface Person {
  readonly pseudonym: string
  readonly district: number
  readonly sector: number
  /** worked in a week, 1 to 60; in the employment register */
  readonly hours: number
  /** on which they cared for somebody in a quarter, 1 to 90; in the care register */
  readonly days: number
}

/** In the order of their numbers. Districts and sectors differ by a third in size; who cares more works less. */
export function population(seed = 5): readonly Person[] {
  const below = draws(seed)
  const uneven = (count: number) => {
    for (;;) {
      const drawn = below(count)
      if (below(9) < 6 + (drawn % 4)) return drawn
    }
  }
  return Array.from({ length: people }, (_, number) => {
    const [district, sector] = [uneven(districts.length), uneven(sectors.length)]
    const works = below(100) < 72
    const cares = below(100) < 62
    const days = cares ? 1 + Math.min(below(90), below(90) + (district % 5)) : 0
    const hours = works ? Math.max(1, 20 + below(21) + (sector % 10) - Math.floor(days / 6)) : 0
    return { pseudonym: pseudonymOf(number), district, sector, hours, days }
  })
}

/** The two registers as their agencies hold them: each in an order of its own, and with no number of anybody. */
export function registers(everybody: readonly Person[]): Readonly<Record<'employment' | 'care', string>> {
  const all = everybody.toSorted((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1))
  const working = all.filter(({ hours }) => hours > 0)
  const caring = all.filter(({ days }) => days > 0).reverse()
  return {
    employment: csv('person,district,sector,hours', working, (p) => [
      p.pseudonym,
      districts[p.district],
      sectors[p.sector],
      p.hours,
    ]),
    care: csv('person,days', caring, (p) => [p.pseudonym, p.days]),
  }
}

/** Of a cell: those in both registers, what they work and how long they care. */
export interface Cell {
  readonly carers: number
  readonly hours: number
  readonly days: number
}

/** The true table, by district and sector as `district-1 sector-1`, computed without any of our code or the engine. */
export function trueTable(all: readonly Person[]): ReadonlyMap<string, Cell> {
  const sums = new Map<string, { carers: number; hours: number; days: number }>()
  for (const { district, sector, hours, days } of all) {
    if (hours === 0 || days === 0) continue
    const key = `${districts[district]} ${sectors[sector]}`
    const cell = sums.get(key) ?? { carers: 0, hours: 0, days: 0 }
    sums.set(key, { carers: cell.carers + 1, hours: cell.hours + hours, days: cell.days + days })
  }
  return new Map([...sums].map(([key, { carers, hours, days }]) => [key, { carers, hours: hours / carers, days: days / carers }]))
}

function pseudonymOf(number: number): string {
  return createHmac('sha256', linkageKey).update(`person ${number}`).digest('hex').slice(0, 32)
}

function csv(head: string, rows: readonly Person[], fields: (person: Person) => readonly unknown[]): string {
  return `${head}\n${rows.map((person) => fields(person).join()).join('\n')}\n`
}

/** Marsaglia's xorshift32 (2003), the triple 13, 17, 5: a whole number below the bound, a 16-bit one. */
function draws(seed: number): (bound: number) => number {
  let state = seed | 0
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return ((state >>> 16) * bound) >>> 16
  }
}
