// What is kept of a cell so that later cells can be compared with it: how many rows it has, the sum of a hash of each row's
// unit, and lanes. The hash of a unit chooses its lane, and a lane is four bits: of a hash of how many rows of its units there
// are, and of the sum of their hashes.
//
// Say that a unit counts differently in two cells if it has another number of rows in the one than in the other. A lane none of
// whose units counts differently is the same in both, so at most as many lanes differ as units count differently: two cells of
// which fewer than k units count differently differ in fewer than k lanes, whatever the hash does and whoever chose the units.
// None is missed. The other error, unlike cells taken for near ones, is rare where lanes are many: of those that hold a unit that
// counts differently, fifteen of sixteen differ.
//
// Rows are equal, and the cells the same, where rows, sum and lanes are. The hash is no secret: whoever may pick rows by
// units, with many to choose from, could make two cells look equal. A unit is filtered by only where its rule says so.

/** Raised when sketches of the same rows come to differ. The engine's version counts beside it: its hash is in them. */
export const sketchVersion = 'reinraum-sketch/1'

const bitsPerWord = 64
const mostWords = 32
/** Bits of a lane, each in words of their own. */
export const lanePlanes = 4

/** Words of 64 lanes, enough that where two or three times the minimum count differently nearly always enough lanes differ. */
export function laneWordsFor(minimum: number): number {
  let words = 1
  while (words < mostWords && words * 10 < minimum) words *= 2
  return words
}

export interface CellSketch {
  readonly rows: bigint
  /** of the 64-bit hashes of the rows' units */
  readonly sum: bigint
  /** words of 64 lanes: those of the first bit, then those of the others */
  readonly lanes: readonly bigint[]
}

/** Sketches one after the other, each of as many 32-bit words: lanes, then the number of rows, then the sum. */
export type PackedSketches = Uint32Array

/** 32-bit words of one packed sketch. */
export function strideFor(minimum: number): number {
  return laneWordsFor(minimum) * lanePlanes * 2 + 2 + 4
}

export function packSketch({ lanes, rows, sum }: CellSketch, minimum: number): PackedSketches {
  if (lanes.length !== laneWordsFor(minimum) * lanePlanes) throw new Error('a sketch has as many lanes as its minimum asks for')
  const packed = new Uint32Array(strideFor(minimum))
  let at = 0
  const put = (value: bigint, parts: number) => {
    for (let i = 0; i < parts; i++) packed[at++] = Number((value >> BigInt(32 * i)) & 0xffff_ffffn)
  }
  for (const lane of lanes) put(lane, bitsPerWord / 32)
  put(rows, 2)
  put(sum, 4)
  return packed
}
