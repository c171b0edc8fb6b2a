import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { typeNamed } from '../analysis/types.ts'
import * as ast from '../ast/build.ts'
import { printQuery } from '../ast/print.ts'
import { decimalSum, inSteps } from './grid-steps.ts'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const huge = (1n << 60n) - 1n

/** Type, digits of the grid, ends, values, and the steps that they are by hand. */
const cases: readonly (readonly [string, number, bigint, bigint, readonly (string | null)[], readonly (bigint | null)[]])[] = [
  ['BIGINT', 0, 0n, 120n, ['-1', '0', '7', '120', '121', '9223372036854775807', null], [0n, 0n, 7n, 120n, 120n, 120n, null]],
  ['BIGINT', 0, -huge, huge, ['-9223372036854775808', '5', '9223372036854775807'], [-huge, 5n, huge]],
  ['TINYINT', 0, -1000n, 1000n, ['-128', '127'], [-128n, 127n]],
  ['TINYINT', 0, 500n, 1000n, ['-128', '127', null], [500n, 500n, null]],
  ['INTEGER', 0, -2147483648n, 2147483647n, ['-2147483648', '2147483647'], [-2147483648n, 2147483647n]],
  [
    'DECIMAL(18,2)',
    2,
    0n,
    100_000n,
    ['-0.01', '0.01', '999.99', '1000', '1000.01', null],
    [0n, 1n, 99_999n, 100_000n, 100_000n, null],
  ],
  ['DECIMAL(18,2)', 2, -5n, 5n, ['-0.06', '-0.05', '0.04', '1e15'], [-5n, -5n, 4n, 5n]],
  ['DECIMAL(4,2)', 2, -100_000n, 100_000n, ['-99.99', '99.99'], [-9999n, 9999n]],
  ['DECIMAL(4,2)', 2, 100_000n, 200_000n, ['-99.99', '99.99', null], [100_000n, 100_000n, null]],
  ['DECIMAL(4,2)', 2, -200_000n, -100_000n, ['-99.99', '99.99'], [-100_000n, -100_000n]],
  ['DECIMAL(38,0)', 0, -huge, huge, ['-99999999999999999999999999999999999999', '3'], [-huge, 3n]],
  ['DECIMAL(38,18)', 18, -huge, huge, ['-2', '0.000000000000000003', '1e19'], [-huge, 3n, huge]],
  ['DECIMAL(19,18)', 18, 0n, huge, ['-2', '0.000000000000000003', '9'], [0n, 3n, huge]],
  [
    'DOUBLE',
    6,
    0n,
    1n,
    ['-1', '0.0000014', '0.0000016', 'inf', '-inf', 'nan', '1e300', null],
    [0n, 1n, 1n, 1n, 0n, 1n, 1n, null],
  ],
  ['DOUBLE', 2, -500n, 12_345n, ['-4.994', '-4.996', '-9', '1.005', '123.45'], [-499n, -500n, -500n, 100n, 12_345n]],
  ['DOUBLE', 0, -huge, huge, ['-1e308', '-0.4', '1e308', 'nan'], [-huge, 0n, huge, huge]],
  ['FLOAT', 3, 0n, 5000n, ['-1', '0.25', '6'], [0n, 250n, 5000n]],
]

interface Given {
  readonly type: string
  readonly decimals: number
  readonly every: bigint
  readonly low: bigint
  readonly high: bigint
}

async function stepsInEngine({ low, high, ...of }: Given, values: readonly (string | null)[], make = inSteps) {
  const node = make({ ...of, value: ast.column('w', 'v'), type: typeNamed(of.type), ends: { low, high } })
  const rows = values.map((v) => (v === null ? '(NULL)' : `('${v}'::${of.type})`))
  await connection.run(`CREATE OR REPLACE TEMP TABLE given AS SELECT v::${of.type} AS v FROM (VALUES ${rows.join()}) g(v)`)
  const select = ast.select({ list: [ast.named(ast.cast(node, 'VARCHAR'), 't')], from: ast.table('given', 'w') })
  const found = (await connection.runAndReadAll(printQuery(select, new Set()))).getRows()
  return found.map(([t]) => (t === null ? null : BigInt(String(t))))
}

test.each(cases)('%s with %i digits is clamped between %s and %s steps', async (type, decimals, low, high, values, steps) => {
  const given = { type, decimals, every: 1n, low, high }
  expect(await stepsInEngine(given, values)).toEqual(steps)
  const sum = decimalSum({ value: ast.column('w', 'v'), type: typeNamed(type), decimals, every: 1n, ends: { low, high } })
  if (sum === null) return
  const total = steps.reduce<bigint>((a, b) => a + (b ?? 0n), 0n)
  expect(await stepsInEngine(given, values, () => sum.whole(ast.call('sum', [sum.ofRow])))).toEqual([total])
})

/** Type, digits of the grid, how many of its points make a step, ends, values, and the nearest steps by hand: halves go up. */
const coarse: readonly (readonly [
  string,
  number,
  bigint,
  bigint,
  bigint,
  readonly (string | null)[],
  readonly (bigint | null)[],
])[] = [
  [
    'BIGINT',
    0,
    5n,
    0n,
    20n,
    ['-9', '0', '2', '3', '97', '98', '100', '9223372036854775807', null],
    [0n, 0n, 0n, 1n, 19n, 20n, 20n, 20n, null],
  ],
  [
    'BIGINT',
    0,
    10n,
    -3n,
    2n,
    ['-99', '-26', '-25', '-24', '-5', '-4', '4', '5', '14', '15', '99'],
    [-3n, -3n, -2n, -2n, 0n, 0n, 0n, 1n, 1n, 2n, 2n],
  ],
  ['BIGINT', 0, 1000n, 0n, 10_000_000n, ['-1', '9999999499', '9999999500', '1e18'], [0n, 9_999_999n, 10_000_000n, 10_000_000n]],
  ['INTEGER', 0, 700_000_000n, 0n, 3n, ['-2147483648', '349999999', '350000000', '2147483647'], [0n, 0n, 1n, 3n]],
  ['TINYINT', 0, 100n, -2n, 2n, ['-128', '-51', '-49', '127'], [-1n, -1n, 0n, 1n]],
  ['INTEGER', 0, 2n, -1073741824n, 1073741823n, ['-2147483648', '-3', '2147483647'], [-1073741824n, -1n, 1073741823n]],
  ['BIGINT', 0, 2n, -huge / 4n, huge / 4n, ['-9223372036854775808', '6', '9223372036854775807'], [-huge / 4n, 3n, huge / 4n]],
  [
    'DECIMAL(9,2)',
    2,
    500n,
    0n,
    1000n,
    ['-1', '2.49', '2.50', '7.49', '4997.49', '4997.50', '9999', null],
    [0n, 0n, 1n, 1n, 999n, 1000n, 1000n, null],
  ],
  ['DECIMAL(9,2)', 2, 50n, -4n, -1n, ['-9', '-1.76', '-1.75', '-0.6', '0'], [-4n, -4n, -3n, -1n, -1n]],
  ['DECIMAL(4,2)', 2, 5000n, 3n, 4n, ['-99.99', '99.99', null], [3n, 3n, null]],
  [
    'DOUBLE',
    6,
    200_000n,
    -5n,
    5n,
    ['-inf', '-0.9', '-0.31', '-0.1', '0.0999996', '0.0999994', '1e300', 'nan', null],
    [-5n, -4n, -2n, 0n, 1n, 0n, 5n, 5n, null],
  ],
]

test.each(coarse)('%s with %i digits in steps of %i is rounded to the nearest between %s and %s', async (...given) => {
  const [type, decimals, every, low, high, values, steps] = given
  expect(await stepsInEngine({ type, decimals, every, low, high }, values)).toEqual(steps)
})

test('a DECIMAL is added up before it is scaled where no number of rows is too many', () => {
  const sumOf = (type: string, decimals: number, high: bigint) =>
    decimalSum({ value: ast.column('w', 'v'), type: typeNamed(type), decimals, every: 1n, ends: { low: 0n, high } })
  expect(sumOf('DECIMAL(18,2)', 2, 100_000n)).not.toBe(null)
  // nor is it added up in other steps than those of its rows
  const coarse = { type: typeNamed('DECIMAL(18,2)'), decimals: 2, every: 5n, ends: { low: 0n, high: 100n } }
  expect(decimalSum({ ...coarse, value: ast.column('w', 'v') })).toBe(null)
  // 2^63 rows of them would be no DECIMAL(38)
  expect(sumOf('DECIMAL(38,18)', 18, huge)).toBe(null)
  expect(sumOf('DOUBLE', 2, 100n)).toBe(null)
})
