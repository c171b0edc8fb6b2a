import { lanePlanes, laneWordsFor, type PackedSketches, strideFor } from './cell-sketch.ts'

/** The cells of one dataset that were shown, in this result and in all before it. */
export interface ShownCells {
  /** Adds cells that were shown before. */
  readonly learn: (sketches: PackedSketches) => void
  /**
   * Whether a cell may be shown beside all of these: each of them is the same cell, or at least the minimum of units count
   * differently in it. One that may is among these from now on.
   */
  readonly admit: (sketch: PackedSketches) => boolean
  /** What `admit` added that was not there before. */
  readonly added: () => PackedSketches
  /** Whether all that `admit` added may stand beside further cells, shown by somebody else in the meantime. */
  readonly standBeside: (sketches: PackedSketches) => boolean
}

export function shownCells(minimum: number): ShownCells {
  const stride = strideFor(minimum)
  const known: Uint32Array[] = []
  const added: Uint32Array[] = []
  return {
    learn: (sketches) => {
      if (sketches.length % stride !== 0) throw new Error('these are no sketches of this minimum')
      if (sketches.length > 0) known.push(sketches)
    },
    admit: (sketch) => {
      let same = false
      for (const sketches of [...known, ...added]) {
        const found = findIn(sketch, sketches, minimum)
        if (found === 'near') return false
        same ||= found === 'same'
      }
      if (!same) added.push(sketch)
      return true
    },
    added: () => joined(added),
    standBeside: (sketches) => added.every((sketch) => findIn(sketch, sketches, minimum) !== 'near'),
  }
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

type Found = 'near' | 'same' | 'apart'

/** `near` where fewer than the minimum of units may count differently in one of them, and some do. */
function findIn(sketch: PackedSketches, others: PackedSketches, minimum: number): Found {
  const [stride, plane] = [strideFor(minimum), laneWordsFor(minimum) * 2]
  let found: Found = 'apart'
  for (let at = 0; at < others.length; at += stride) {
    let different = 0
    for (let i = 0; i < plane && different < minimum; i++) {
      let lanes = 0
      for (let j = i; j < plane * lanePlanes; j += plane) lanes |= (sketch[j] ?? 0) ^ (others[at + j] ?? 0)
      different += bitsOf(lanes)
    }
    if (different >= minimum) continue
    let same = different === 0
    for (let i = plane * lanePlanes; i < stride && same; i++) same = sketch[i] === others[at + i]
    if (!same) return 'near'
    found = 'same'
  }
  return found
}

/** Bits set in 32. */
function bitsOf(word: number): number {
  let v = word - ((word >>> 1) & 0x5555_5555)
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333)
  return (((v + (v >>> 4)) & 0x0f0f_0f0f) * 0x0101_0101) >>> 24
}
