/** Counts rows per privacy unit while they pass, in memory that has a limit. */
export interface UnitCounter {
  /** Takes a row, by the two words of a 64-bit hash of its unit; null where it has none. */
  readonly add: (low: number | null, high: number | null) => void
  /** rows taken, with and without a unit */
  readonly rows: () => number
  /** the most rows that one unit has; null where there were more units than fit */
  readonly most: () => number | null
}

/** Three quarters of them for 12 million units, in 192 MiB. */
const largestCapacity = 2 ** 24

/**
 * A hash table with open addressing. Units whose hashes are equal count as one, so that the number may be too high but never too
 * low; of ten million units, two collide once in 370,000 files.
 * @param capacity slots at most, a power of two
 */
export function unitCounter(capacity = largestCapacity): UnitCounter {
  let table: Table | null = tableOf(Math.min(1024, capacity))
  let rows = 0
  let most = 0
  return {
    add(low, high) {
      rows += 1
      if (table === null || low === null || high === null) return
      const count = increase(table, low, high, 1)
      if (count > most) most = count
      if (4 * table.used > 3 * table.counts.length) table = table.counts.length < capacity ? grown(table) : null
    },
    rows: () => rows,
    most: () => (table === null ? null : most),
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
  for (const [slot, count] of counts.entries()) if (count > 0) increase(larger, low[slot] ?? 0, high[slot] ?? 0, count)
  return larger
}

/** @returns the unit's rows so far */
function increase(table: Table, low: number, high: number, by: number): number {
  const { low: lows, high: highs, counts } = table
  const last = counts.length - 1
  let slot = low & last
  while (counts[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & last
  if (counts[slot] === 0) {
    lows[slot] = low
    highs[slot] = high
    table.used += 1
  }
  const count = (counts[slot] ?? 0) + by
  counts[slot] = count
  return count
}
