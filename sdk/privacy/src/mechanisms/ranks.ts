/** How many rows of a cell have a value. Values are integers: multiples of the grid's step. */
export interface ValueCount {
  readonly value: bigint
  readonly count: bigint
}

/** Where values stand among the rows of one cell. */
export interface Ranks {
  readonly rows: bigint
  /** the value of the row that is `rank`th from below, from 1 to `rows` */
  readonly valueAt: (rank: bigint) => bigint
  /** rows with a value less than `y` */
  readonly below: (y: bigint) => bigint
  /** rows with a value of at most `y` */
  readonly upTo: (y: bigint) => bigint
}

/** @throws RangeError if values do not ascend, or a count is not positive */
export function ranksOf(cell: readonly ValueCount[]): Ranks {
  const values: bigint[] = []
  /** rows before each value, and then all of them */
  const before: bigint[] = [0n]
  let rows = 0n
  for (const { value, count } of cell) {
    const previous = values.at(-1)
    if (previous !== undefined && value <= previous) throw new RangeError('the values of a cell ascend')
    if (count <= 0n) throw new RangeError('a value of a cell has rows')
    values.push(value)
    rows += count
    before.push(rows)
  }
  const rowsBefore = (index: number) => before[index] as bigint
  return {
    rows,
    valueAt: (rank) => {
      if (rank < 1n || rank > rows) throw new RangeError('a rank lies between 1 and the number of rows')
      return values[first(values.length, (index) => rowsBefore(index + 1) >= rank)] as bigint
    },
    below: (y) => rowsBefore(first(values.length, (index) => (values[index] as bigint) >= y)),
    upTo: (y) => rowsBefore(first(values.length, (index) => (values[index] as bigint) > y)),
  }
}

/** The first index of which `holds` is true, or `length`; it is true from some index on. */
function first(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
