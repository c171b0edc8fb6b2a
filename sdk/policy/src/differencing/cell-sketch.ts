// What is kept of a cell so that later cells can be compared with it: how many rows it has, the sum of a hash of each row's
// unit, and lanes. A lane is one bit: a row turns the lane around that the hash of its unit chooses.
//
// Say that a unit counts differently in two cells if it has another number of rows in the one than in the other. Every such
// unit touches one lane, so at most as many lanes differ as units count differently: two cells of which fewer than k units
// count differently differ in fewer than k lanes, whatever the hash does and whoever chose the units. None is missed. A unit
// whose numbers of rows differ by an even number leaves its lane as it was, and units that share a lane turn it back: fewer
// lanes differ then, which errs on the same side. The other error, unlike cells taken for near ones, is rare where lanes are
// many: of d units, d large, about half of all lanes differ.
//
// Rows are equal, and the cells the same, where rows, sum and lanes are. The hash is no secret: whoever may pick rows by
// units, with many to choose from, could make two cells look equal. A unit is filtered by only where its rule says so.

/** Raised when sketches of the same rows come to differ. The engine's version counts beside it: its hash is in them. */
export const sketchVersion = 'reinraum-sketch/1'

const bitsPerWord = 64
const mostWords = 32

/** Words of 64 lanes, enough that of twice as many units as the minimum nearly always more lanes than the minimum differ. */
export function laneWordsFor(minimum: number): number {
  let words = 1
  while (words < mostWords && words * 10 < minimum) words *= 2
  return words
}

export interface CellSketch {
  readonly rows: bigint
  /** of the 64-bit hashes of the rows' units */
  readonly sum: bigint
  /** words of 64 lanes */
  readonly lanes: readonly bigint[]
}

/** Sketches one after the other, each of as many 32-bit words: lanes, then the number of rows, then the sum. */
export type PackedSketches = Uint32Array

/** 32-bit words of one packed sketch. */
export function strideFor(minimum: number): number {
  return laneWordsFor(minimum) * 2 + 2 + 4
}

export function packSketch({ lanes, rows, sum }: CellSketch, minimum: number): PackedSketches {
  const words = laneWordsFor(minimum)
  if (lanes.length !== words) throw new Error('a sketch has as many lanes as its minimum asks for')
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
