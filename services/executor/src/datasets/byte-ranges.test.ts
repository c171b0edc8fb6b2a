import { describe, expect, it } from 'vitest'
import { type ByteRange, bytesIn, joined, without } from './byte-ranges.ts'
import { seededRandom } from './testing/seeded-random.ts'

const random = seededRandom('byte ranges')
const size = 60

function some(): readonly ByteRange[] {
  return Array.from({ length: random.between(0, 6) }, () => {
    const offset = random.between(0, size)
    return { offset, length: random.between(0, Math.min(12, size - offset)) }
  })
}

function bytes(ranges: readonly ByteRange[]): Set<number> {
  return new Set(ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i)))
}

describe('ranges', () => {
  it('are joined into the same bytes, in order, with something between them', () => {
    for (let round = 0; round < 200; round += 1) {
      const ranges = some()
      const result = joined(ranges)
      expect(bytes(result)).toEqual(new Set([...bytes(ranges)].sort((a, b) => a - b)))
      expect(bytesIn(result)).toBe(bytes(ranges).size)
      expect(result.filter(({ offset }) => bytes(result).has(offset - 1))).toEqual([])
    }
  })

  it('are joined over gaps that are not longer than told', () => {
    const at = (offset: number, length: number) => ({ offset, length })
    expect(joined([at(20, 5), at(0, 5), at(8, 2), at(14, 0)], 3)).toEqual([at(0, 10), at(20, 5)])
    expect(joined([at(20, 5), at(0, 5), at(8, 2)], 10)).toEqual([at(0, 25)])
  })

  it('lose what others have, and nothing else', () => {
    for (let round = 0; round < 200; round += 1) {
      const [wanted, present] = [joined(some()), joined(some())]
      const missing = without(wanted, present)
      expect(bytes(missing)).toEqual(new Set([...bytes(wanted)].filter((byte) => !bytes(present).has(byte))))
      expect(bytesIn(missing)).toBe(bytes(missing).size)
    }
  })
})
