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

test.each(cases)('%s with %i digits is clamped between %s and %s steps', async (type, decimals, low, high, values, steps) => {
  const of = { value: ast.column('w', 'v'), type: typeNamed(type), decimals, ends: { low, high } }
  const text = (node: ast.Node) => ast.named(ast.cast(node, 'VARCHAR'), 't')
  const query = async (node: ast.Node) => {
    const select = ast.select({ list: [text(node)], from: ast.table('given', 'w') })
    return (await connection.runAndReadAll(printQuery(select, new Set())))
      .getRows()
      .map(([t]) => (t === null ? null : BigInt(String(t))))
  }
  const given = values.map((v) => (v === null ? '(NULL)' : `('${v}'::${type})`))
  await connection.run(`CREATE OR REPLACE TEMP TABLE given AS SELECT v::${type} AS v FROM (VALUES ${given.join()}) g(v)`)
  expect(await query(inSteps(of))).toEqual(steps)
  const sum = decimalSum(of)
  if (sum === null) return
  const total = steps.reduce<bigint>((a, b) => a + (b ?? 0n), 0n)
  expect(await query(sum.whole(ast.call('sum', [sum.ofRow])))).toEqual([total])
})

test('a DECIMAL is added up before it is scaled where no number of rows is too many', () => {
  const sumOf = (type: string, decimals: number, high: bigint) =>
    decimalSum({ value: ast.column('w', 'v'), type: typeNamed(type), decimals, ends: { low: 0n, high } })
  expect(sumOf('DECIMAL(18,2)', 2, 100_000n)).not.toBe(null)
  // 2^63 rows of them would be no DECIMAL(38)
  expect(sumOf('DECIMAL(38,18)', 18, huge)).toBe(null)
  expect(sumOf('DOUBLE', 2, 100n)).toBe(null)
})
