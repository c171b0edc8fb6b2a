import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'

// A sketch of the units of a cell: a bit per unit, chosen by a hash of it. Any function of units has at most as many
// different values as there are units, so the number of bits set is never above the number of distinct units, whatever
// the hash does and whoever chose the units. A bad hash, or one that somebody knows and makes units collide under,
// lowers the bound, and then units are counted exactly: it costs time and changes no result. The bits of two sketches
// taken together are the sketch of the units of both.

const bitsPerWord = 64

/** Words of 64 bits, enough that a cell with half as many units again as the minimum nearly always reaches it. */
export function wordsFor(minimum: number): number {
  let words = 1
  while (words < 32 && words * 24 < minimum) words *= 2
  return words
}

/** The bit of a row's unit, in one of the words; NULL in all others, and where there is no unit. */
export function bitsOf(unit: Node, words: number): readonly Node[] {
  const hash = ast.call('hash', [unit])
  const bit = ast.call('<<', [ast.cast(ast.integer(1n), 'UBIGINT'), ast.call('&', [hash, ast.integer(BigInt(bitsPerWord - 1))])])
  const present = ast.operator('OPERATOR_IS_NOT_NULL', [unit])
  return Array.from({ length: words }, (_, word) => {
    const within = ast.call('&', [hash, ast.integer(BigInt((words - 1) * bitsPerWord))])
    const here = ast.comparison('COMPARE_EQUAL', within, ast.integer(BigInt(word * bitsPerWord)))
    const when = words === 1 ? present : ast.conjunction('and', [present, here])
    return ast.choose(when, bit, ast.nothing())
  })
}

/** How many bits are set in all words: at most the number of distinct units. */
export function bitsIn(words: readonly Node[]): Node {
  const set = (word: Node) => ast.operator('OPERATOR_COALESCE', [ast.call('bit_count', [word]), ast.integer(0n)])
  return words.map(set).reduce((sum, next) => ast.call('+', [sum, next]))
}
