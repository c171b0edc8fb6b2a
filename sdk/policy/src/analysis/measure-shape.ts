import { refuse } from '../reasons.ts'
import { columnsOf, type Expression } from './expression.ts'

type Offset = number | undefined
/** How often each column is a factor of a product, by table and name. */
type Degrees = ReadonlyMap<string, number>

/** The highest power of one column: as much as a variance takes. */
const maximumDegree = 2

/**
 * Arithmetic inside an aggregate makes no condition. abs, floor and the like of a column make steps, and differences of
 * steps are 0 for all values but one: `abs(x - 32) + abs(x - 34) - 2 * abs(x - 33)` is `CASE WHEN x = 33` by another name,
 * without its thresholds, and times another column it is that column's value of whoever is 33. A high power makes the same
 * out of few values, and as many powers as a group has units give the values of all of them. A quotient has a pole where
 * its divisor is near 0: `1 / (120.001 - x)` is large for one value and small for others.
 */
export function checkShape(argument: Expression, offset: Offset): void {
  for (const degree of degreesOf(argument, offset).values()) {
    if (degree > maximumDegree) {
      refuse('aggregate-not-allowed', 'in an aggregate a column is multiplied with itself once at most', offset)
    }
  }
}

function degreesOf(e: Expression, offset: Offset): Degrees {
  switch (e.kind) {
    case 'column':
      return new Map([[`${e.table}.${e.name}`, 1]])
    case 'cast':
      if (columnsOf(e.value).length > 0 && e.type.family !== 'double') {
        refuse('aggregate-not-allowed', 'in an aggregate a value is cast to DOUBLE only; cast or round the result', offset)
      }
      return degreesOf(e.value, offset)
    case 'call':
      if (columnsOf(e).length === 0) return new Map()
      return refuse('aggregate-not-allowed', 'an aggregate takes + - * / of columns, and no function of them', offset)
    case 'arithmetic': {
      const [left, right] = [degreesOf(e.left, offset), degreesOf(e.right, offset)]
      if (e.op === '+' || e.op === '-') return merged(left, right, Math.max)
      if (e.op === '/' && e.right.kind !== 'column' && right.size > 0) {
        refuse('aggregate-not-allowed', 'in an aggregate a divisor is a plain column or a constant', offset)
      }
      return merged(left, right, (a, b) => a + b)
    }
    default:
      return new Map()
  }
}

function merged(a: Degrees, b: Degrees, combine: (x: number, y: number) => number): Degrees {
  return new Map([...new Set([...a.keys(), ...b.keys()])].map((key) => [key, combine(a.get(key) ?? 0, b.get(key) ?? 0)]))
}
