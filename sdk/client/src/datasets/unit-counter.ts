import { ReinraumError } from '@reinraum/crypto'

/** Counts rows per privacy unit while they pass, in memory that has a limit. */
export interface UnitCounter {
  /**
   * Takes a row, by the two words of a 64-bit hash of its unit; null where it has none.
   * @returns whether it passes; not where its unit has as many as are let pass
   * @throws ReinraumError `unsupported` where rows are bounded and there are more units than fit
   */
  readonly add: (low: number | null, high: number | null) => boolean
  /** rows that passed, with and without a unit */
  readonly rows: () => number
  /** rows that did not */
  readonly leftOut: () => number
  /** the most rows that one unit has of those that passed; null where there were more units than fit */
  readonly most: () => number | null
  /** why rows could no longer be bounded */
  readonly failure: () => ReinraumError | undefined
}

export interface UnitCounterOptions {
  /** slots at most, a power of two */
  readonly capacity?: number
  /** further rows of a unit do not pass */
  readonly rowsAtMost?: number
}

/** Three quarters of them for 12 million units, in 192 MiB. */
const largestCapacity = 2 ** 24

/**
 * A hash table with open addressing. Units whose hashes are equal count as one, so that the number may be too high but never too
 * low, and of the rows of the two some may be left out that need not be; of ten million units, two collide once in 370,000 files.
 */
export function unitCounter(options: UnitCounterOptions = {}): UnitCounter {
  const { capacity = largestCapacity, rowsAtMost } = options
  let table: Table | null = tableOf(Math.min(1024, capacity))
  let rows = 0
  let leftOut = 0
  let most = 0
  let failure: ReinraumError | undefined
  return {
    add(low, high) {
      if (failure !== undefined) throw failure
      if (table !== null && low !== null && high !== null) {
        const slot = slotOf(table, low, high)
        const count = (table.counts[slot] ?? 0) + 1
        if (rowsAtMost !== undefined && count > rowsAtMost) {
          leftOut += 1
          return false
        }
        put(table, slot, low, high, count)
        if (count > most) most = count
        if (4 * table.used > 3 * table.counts.length) table = table.counts.length < capacity ? grown(table) : null
        if (table === null && rowsAtMost !== undefined)
          failure = new ReinraumError('unsupported', 'there are too many units to keep all of them within bounds here')
      }
      rows += 1
      return true
    },
    rows: () => rows,
    leftOut: () => leftOut,
    most: () => (table === null ? null : most),
    failure: () => failure,
  }
}

interface Table {
  readonly low: Uint32Array
  readonly high: Uint32Array
  /** 0 for a slot that nobody has */
  readonly counts: Uint32Array
  used: number
}

function tableOf(slots: number): Table {
  return { low: new Uint32Array(slots), high: new Uint32Array(slots), counts: new Uint32Array(slots), used: 0 }
}

function grown({ low, high, counts }: Table): Table {
  const larger = tableOf(2 * counts.length)
  for (const [slot, count] of counts.entries()) {
    if (count === 0) continue
    const [lows, highs] = [low[slot] ?? 0, high[slot] ?? 0]
    put(larger, slotOf(larger, lows, highs), lows, highs, count)
  }
  return larger
}

/** Where the unit is, or would be. */
function slotOf({ low: lows, high: highs, counts }: Table, low: number, high: number): number {
  const last = counts.length - 1
  let slot = low & last
  while (counts[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & last
  return slot
}

function put(table: Table, slot: number, low: number, high: number, count: number): void {
  if (table.counts[slot] === 0) {
    table.low[slot] = low
    table.high[slot] = high
    table.used += 1
  }
  table.counts[slot] = count
}
