/** Rows of tables at one scale factor, and what they are drawn from. */
export interface Scale {
  /** the scale factor: 1 is about one gigabyte of text */
  readonly factor: number
  readonly seed: number
}

/** How many rows a table of `perFactor` rows has, of whole ones. */
export function rowsAt({ factor }: Scale, perFactor: number): number {
  return Math.round(perFactor * factor)
}

/** The table `numbers(i)`: a table is read in several threads, and in its order, where a range is read in one. */
export function numbersSql(scale: Scale): string {
  return `CREATE TABLE numbers AS SELECT i FROM range(1, ${rowsAt(scale, 1_500_000) + 1}) t(i)`
}

/** SQL of the rows `i` from 1 to `last`, of which no table but lines has more than there are orders. */
export function rowsUpTo(last: number): string {
  return `(SELECT i FROM numbers WHERE i <= ${last})`
}

/**
 * SQL of a number from 0 to `n - 1`, evenly, which depends on the seed, the field and the row alone: whatever is generated
 * first, and in however many threads, the table is the same.
 * @param field of which no two share the name, over all tables
 * @param row SQL of an integer below 2^40
 */
export function draw({ seed }: Scale, field: string, row: string, n: number | string): string {
  return `(hash(CAST(${row} AS BIGINT) + ${streamOf(seed, field)}) % (${n}))::BIGINT`
}

/** SQL of a number from `low` to `high`, both included. */
export function between(scale: Scale, field: string, row: string, low: number, high: number): string {
  return `(${low} + ${draw(scale, field, row, high - low + 1)})`
}

/** SQL of one of the words, each as likely as the others. */
export function oneOf(scale: Scale, field: string, row: string, words: readonly string[]): string {
  return `[${words.map((word) => `'${word.replaceAll("'", "''")}'`).join(', ')}][1 + ${draw(scale, field, row, words.length)}]`
}

/** SQL of an amount in cents as money. */
export function money(cents: string): string {
  return `(CAST(${cents} AS DECIMAL(13,0)) * 0.01)::DECIMAL(15,2)`
}

/** A field has rows 2^40 apart from those of others (FNV-1a, 22 bits of it). */
function streamOf(seed: number, field: string): string {
  let hash = 2166136261 ^ seed
  for (const character of field) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619)
  return `${BigInt((hash >>> 10) & 0x3fffff) * 2n ** 40n}`
}
