import { canonicalize } from '@reinraum/crypto'

/** The values in the order of their canonical text, each once: equal sets become equal lists. */
export function ordered<T>(values: readonly T[]): readonly T[] {
  const byText = new Map(values.map((value) => [canonicalize(value), value]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
