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

function conditionOf(operator: (typeof operators)[number], constants: readonly Constant[]): Condition {
  const [value = constant('INTEGER', 0)] = constants
  return operator === 'in' ? { column: 'key', operator, values: constants } : { column: 'key', operator, value }
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
    for (let file = 0; file < 2; file += 1) {
      const spread = random.between(1, 100)
      const noise = random.between(0, 20)
      const nulls = random.between(2, 40)
      const key = `((i // 2048 - 2) * ${spread} % 100 + (hash(i) % ${noise + 1})::INTEGER)`
      const select = `SELECT CASE WHEN i % ${nulls} = 0 AND i // 2048 <> 1 THEN NULL ELSE ${write(key)} END AS "key",
        i::INTEGER AS rest FROM range(10240) t(i)`
      const whole = await unsealing.engine.parquet(select, `, ROW_GROUP_SIZE 2048, PARQUET_VERSION V${random.between(1, 2)}`)
      for (let round = 0; round < 6; round += 1) {
        const operator = operators[round % operators.length] ?? '='
        const values = Array.from({ length: operator === 'in' ? random.between(2, 5) : 1 }, () => random.between(-120, 120))
        const constants = values.map((value) => constant(type, value))
        const where = `"key" ${operator} ${operator === 'in' ? `(${values.map(write)})` : write(values[0] ?? 0)}`
        const scan = scanOf(['key', 'rest'], [conditionOf(operator, constants)])
        const { path, bytes, length } = await unsealing.unsealed(whole.bytes, [scan], { clusteredBy })
        expect(await answer(path, type, where), where).toEqual(await answer(whole.path, type, where))
        leftOut += length - bytes
      }
    }
    expect(leftOut).toBeGreaterThan(0)
  })
})

describe('a row group from 10 to 20', () => {
  it.each([
    ['=', [10, 20], [9, 21]],
    ['<', [11], [10]],
    ['<=', [10], [9]],
    ['>', [19], [20]],
    ['>=', [20], [21]],
    ['in', [10, 20], [9, 21]],
  ] as const)('is there to its ends, and not beyond: %s', async (operator, there, notThere) => {
    const whole = await unsealing.engine.parquet('SELECT 10 + i % 11 AS "key", i::INTEGER AS rest FROM range(2048) t(i)')
    const type = 'BIGINT'
    for (const value of [...there, ...notThere]) {
      const where = operator === 'in' ? `"key" IN (${value}, 500)` : `"key" ${operator} ${value}`
      const values = [value, ...(operator === 'in' ? [500] : [])].map((number) => constant(type, number))
      const scan = scanOf(['key', 'rest'], [conditionOf(operator, values)])
      const { path, bytes, length } = await unsealing.unsealed(whole.bytes, [scan], { clusteredBy: { name: 'key', type } })
      expect(bytes === length, where).toBe((there as readonly number[]).includes(value))
      expect(await answer(path, type, where), where).toEqual(await answer(whole.path, type, where))
    }
  })
})

describe('all row groups are there', () => {
  const below = (column: string, type: Type): Condition => ({ column, operator: '<', value: constant(type, -1) })
  const rows = 'SELECT i::INTEGER AS "key", (i + 0.5)::DOUBLE AS part, i::INTEGER AS other FROM range(6144) t(i)'
  const column = (name: string, type: Column['type']): Column => ({ name, type })
  const columns = ['key', 'part', 'other']

  it.each([
    ['where the owner names no column', {}, [below('key', 'INTEGER')]],
    ['for a condition on another column', { clusteredBy: column('key', 'INTEGER') }, [below('other', 'INTEGER')]],
    ['where the file has another type than is declared', { clusteredBy: column('key', 'BIGINT') }, [below('key', 'BIGINT')]],
    ['for a constant of another type', { clusteredBy: column('key', 'INTEGER') }, [below('key', 'BIGINT')]],
    ['for floating point', { clusteredBy: column('part', 'DOUBLE') }, [below('part', 'DOUBLE' as Type)]],
    ['for no condition', { clusteredBy: column('key', 'INTEGER') }, []],
  ])('%s', async (_, options, conditions) => {
    const whole = await unsealing.engine.parquet(rows, ', ROW_GROUP_SIZE 2048')
    const { bytes, length } = await unsealing.unsealed(whole.bytes, [scanOf(columns, conditions)], options)
    expect(bytes).toBe(length)
    const none = await unsealing.unsealed(whole.bytes, [scanOf(columns, [below('key', 'INTEGER')])], {
      clusteredBy: column('key', 'INTEGER'),
    })
    expect(none.bytes).toBeLessThan(length / 10)
  })

  it('that one of several scans reads', async () => {
    const whole = await unsealing.engine.parquet(rows, ', ROW_GROUP_SIZE 2048')
    const at = (value: number): Condition => ({ column: 'key', operator: '=', value: constant('INTEGER', value) })
    const scans = [scanOf(['key'], [at(10)]), scanOf(['other'], [at(5000)]), scanOf(['part'], [at(5000), at(10)])]
    const { path } = await unsealing.unsealed(whole.bytes, scans, { clusteredBy: column('key', 'INTEGER') })
    const sum = (name: string, value: number) =>
      unsealing.engine.rows(`SELECT sum(${name})::INTEGER FROM read_parquet('${path}') WHERE "key" = ${value}`)
    expect([await sum('"key"', 10), await sum('other', 5000)]).toEqual([[[10]], [[5000]]])
    await expect(sum('other', 10)).rejects.toThrow('TProtocolException')
    await expect(sum('part', 10)).rejects.toThrow('TProtocolException')
  })
})

describe('texts', () => {
  const sorted = { name: 'key', type: 'VARCHAR' } as const
  const texts = [
    '',
    'a',
    'ab',
    'abcdefgh',
    'abcdefghi',
    'abcdefghz',
    'Zürich',
    'Österreich',
    'zz',
    '\u{1F600}',
    'x'.repeat(12_000),
  ]
  const literal = (text: string) => `'${text}'`

  it('leave out row groups where their first eight bytes decide', async () => {
    const random = seededRandom('texts')
    let leftOut = 0
    for (let file = 0; file < 2; file += 1) {
      const own = Array.from({ length: 5 }, () => texts[random.between(0, texts.length - 1)] ?? '')
      const select = `SELECT CASE WHEN i % 7 = 3 THEN NULL ELSE [${own.map(literal)}][1 + i // 2048] ||
        CASE WHEN i % 2 = 0 THEN '' ELSE chr((97 + i % 26)::INTEGER) END END AS "key",
        i::INTEGER AS rest FROM range(10240) t(i)`
      const whole = await unsealing.engine.parquet(select, `, ROW_GROUP_SIZE 2048, PARQUET_VERSION V${1 + (file % 2)}`)
      for (let round = 0; round < 18; round += 1) {
        const operator = operators[round % operators.length] ?? '='
        const values = Array.from({ length: operator === 'in' ? 3 : 1 }, () => texts[random.between(0, texts.length - 1)] ?? '')
        const where = `"key" ${operator} (${values.map(literal)})`
        const condition = conditionOf(
          operator,
          values.map((value) => ({ type: 'VARCHAR', value })),
        )
        const { path, bytes, length } = await unsealing.unsealed(whole.bytes, [scanOf(['key', 'rest'], [condition])], {
          clusteredBy: sorted,
        })
        const answers = (at: string) => answer(at, 'VARCHAR', where)
        expect(await answers(path), where.slice(0, 100)).toEqual(await answers(whole.path))
        leftOut += length - bytes
      }
    }
    expect(leftOut).toBeGreaterThan(0)
  })
})
