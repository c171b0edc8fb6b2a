import type { Condition, Constant } from '@reinraum/policy'
import type { Column } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from './testing/seeded-random.ts'
import { scanOf, startUnsealing, type Unsealing } from './testing/unsealing.ts'

let unsealing: Unsealing
beforeAll(async () => {
  unsealing = await startUnsealing()
})
afterAll(() => unsealing.close())

type Type = Constant['type']
const operators = ['=', '<', '<=', '>', '>=', 'in'] as const

/** How a number of ours is written as a constant of each type. */
const written: readonly (readonly [Type, (value: number | string) => string])[] = [
  ['TINYINT', (value) => `(${value})::TINYINT`],
  ['SMALLINT', (value) => `(${value})::SMALLINT`],
  ['INTEGER', (value) => `(${value})::INTEGER`],
  ['BIGINT', (value) => `(${value})::BIGINT`],
  ['DATE', (value) => `DATE '1970-01-01' + (${value})::INTEGER`],
  ['TIMESTAMP', (value) => `make_timestamp((${value})::BIGINT)`],
  ['DECIMAL(4,1)', (value) => `((${value}) * 0.1)::DECIMAL(4,1)`],
  ['DECIMAL(9,2)', (value) => `((${value}) * 0.01)::DECIMAL(9,2)`],
  ['DECIMAL(18,0)', (value) => `(${value})::DECIMAL(18,0)`],
]

const constant = (type: Type, value: number) => ({ type, value: BigInt(value) }) as Constant

function conditionOf(type: Type, operator: (typeof operators)[number], values: readonly number[]): Condition {
  const constants = values.map((value) => constant(type, value))
  if (operator === 'in') return { column: 'key', operator, values: constants }
  const [value = constant(type, 0)] = constants
  return { column: 'key', operator, value }
}

const viewOf = (path: string, type: string) =>
  `(SELECT CAST("key" AS ${type}) AS "key", CAST("rest" AS INTEGER) AS "rest" FROM read_parquet('${path}'))`
const answer = (path: string, type: string, where: string) =>
  unsealing.engine.rows(`SELECT count(*), sum(rest), min("key"), max("key") FROM ${viewOf(path, type)} WHERE ${where}`)

describe('row groups without a row for a query', () => {
  it.each(written)('are not there, and the engine does not miss them: %s', async (type, write) => {
    const random = seededRandom(type)
    const clusteredBy = { name: 'key', type } as Column
    let leftOut = 0
    for (let file = 0; file < 3; file += 1) {
      const spread = random.between(1, 100)
      const noise = random.between(0, 20)
      const nulls = random.between(2, 40)
      const key = `((i // 2048 - 2) * ${spread} % 100 + (hash(i) % ${noise + 1})::INTEGER)`
      const select = `SELECT CASE WHEN i % ${nulls} = 0 AND i // 2048 <> 1 THEN NULL ELSE ${write(key)} END AS "key",
        i::INTEGER AS rest FROM range(10240) t(i)`
      const whole = await unsealing.engine.parquet(select, `, ROW_GROUP_SIZE 2048, PARQUET_VERSION V${random.between(1, 2)}`)
      for (let round = 0; round < 12; round += 1) {
        const operator = operators[round % operators.length] ?? '='
        const values = Array.from({ length: operator === 'in' ? random.between(2, 5) : 1 }, () => random.between(-120, 120))
        const where = `"key" ${operator} ${operator === 'in' ? `(${values.map(write)})` : write(values[0] ?? 0)}`
        const scan = scanOf(['key', 'rest'], [conditionOf(type, operator, values)])
        const { path, bytes, length } = await unsealing.unsealed(whole.bytes, [scan], { clusteredBy })
        expect(await answer(path, type, where), where).toEqual(await answer(whole.path, type, where))
        leftOut += length - bytes
      }
    }
    expect(leftOut).toBeGreaterThan(0)
  })
})
