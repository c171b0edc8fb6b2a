import { describe, expect, test } from 'vitest'
import { readTables } from './read-tables.ts'

describe('a schema in SQL', () => {
  test('gives the columns of every table, in their order', async () => {
    const tables = await readTables(`
      -- two datasets
      CREATE TABLE patients (person BIGINT PRIMARY KEY, region TEXT, cost NUMERIC(10, 2), "is it; so" BOOL);
      CREATE TABLE districts (district VARCHAR NOT NULL, name VARCHAR)`)
    expect(
      Object.fromEntries([...tables].map(([name, { columns }]) => [name, columns.map((c) => `${c.name} ${c.type}`)])),
    ).toEqual({
      patients: ['person BIGINT', 'region VARCHAR', 'cost DECIMAL(10,2)', 'is it; so BOOLEAN'],
      districts: ['district VARCHAR', 'name VARCHAR'],
    })
  })

  test.each([
    ['that reads a file', "CREATE TABLE t AS SELECT * FROM read_text('/etc/hostname')", /cannot be carried out|not valid/],
    ['that reads a file by its name', "CREATE TABLE t AS FROM '/etc/passwd.csv'", /cannot be carried out|not valid/],
    ['that writes a file', "COPY (SELECT 1) TO '/tmp/reinraum-schema.csv'", /CREATE TABLE|not valid/],
    ['that changes a setting', 'SET enable_external_access = true', /CREATE TABLE|not valid/],
    ['that attaches a database', "ATTACH '/tmp/reinraum-schema.db'", /CREATE TABLE|not valid/],
    ['that asks something', 'CREATE TABLE t (a BIGINT); SELECT 1', /CREATE TABLE/],
    ['that makes no table', 'CREATE MACRO one() AS 1', /declares no table/],
    [
      'with a type that no dataset has',
      'CREATE TABLE t (a BIGINT, b BIGINT[])',
      /table t: no dataset has columns such as b BIGINT\[\]/,
    ],
    ['that is none', 'patients: region', /no SQL/],
    ['that is empty', '', /is empty/],
    ['that is endless', `-- ${'x'.repeat(100_001)}`, /longer/],
  ])('is refused %s', async (_, sql, message) => {
    await expect(readTables(sql)).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringMatching(message) })
  })
})
