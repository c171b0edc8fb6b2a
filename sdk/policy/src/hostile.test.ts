import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard, type GuardReason } from './index.ts'
import { slots } from './testing/slots.ts'

// Each statement is named for what it tries. All are refused before anything is executed.

type Attack = readonly [tries: string, code: GuardReason, sql: string]

const attacks: Readonly<Record<string, readonly Attack[]>> = {
  'escapes the query': [
    ['reads a CSV file', 'table-function-not-allowed', "SELECT count(*) FROM read_csv('/etc/passwd')"],
    ['reads a text file', 'table-function-not-allowed', "SELECT content FROM read_text('/etc/passwd')"],
    ['reads a binary file', 'table-function-not-allowed', "SELECT content FROM read_blob('/etc/passwd')"],
    ['lists a folder', 'table-function-not-allowed', "SELECT file FROM glob('/*')"],
    ['sniffs a file', 'table-function-not-allowed', "SELECT * FROM sniff_csv('/etc/passwd')"],
    ['names a file as a table', 'table-not-allowed', "SELECT count(*) FROM '/etc/passwd.csv'"],
    ['names a Parquet file as a table', 'table-not-allowed', 'SELECT count(*) FROM "data.parquet"'],
    ['joins a file', 'table-function-not-allowed', "SELECT count(*) FROM patients JOIN read_csv('x.csv') c ON c.a = person"],
    ['hides a file read in a subquery', 'table-function-not-allowed', "SELECT n FROM (SELECT count(*) n FROM read_csv('x')) q"],
    [
      'hides a file read in an unused CTE',
      'table-function-not-allowed',
      "WITH x AS (SELECT a FROM read_csv('x')) SELECT count(*) FROM patients",
    ],
    ['copies out', 'statement-not-allowed', "COPY patients TO '/tmp/x'"],
    ['copies a query out', 'statement-not-allowed', "COPY (SELECT count(*) FROM patients) TO '/tmp/x'"],
    ['attaches a database', 'statement-not-allowed', "ATTACH '/tmp/x.db'"],
    ['exports the database', 'statement-not-allowed', "EXPORT DATABASE '/tmp/x'"],
    ['installs an extension', 'statement-not-allowed', 'INSTALL httpfs'],
    ['loads an extension', 'statement-not-allowed', "LOAD 'httpfs'"],
    ['changes a setting', 'statement-not-allowed', 'SET enable_external_access = true'],
    ['sets a variable for a later run', 'statement-not-allowed', 'SET VARIABLE x = 1'],
    ['defines a macro for a later run', 'statement-not-allowed', 'CREATE TEMP MACRO m(x) AS x + 1'],
    ['creates a table', 'statement-not-allowed', 'CREATE TABLE x AS SELECT * FROM patients'],
    ['deletes rows', 'statement-not-allowed', 'DELETE FROM patients'],
    ['runs a second statement', 'not-one-statement', 'SELECT count(*) FROM patients; SELECT count(*) FROM pupils'],
    ['brings a second statement behind a comment', 'not-one-statement', 'SELECT count(*) FROM patients; -- x\nSELECT 1'],
    ['says nothing', 'not-one-statement', '-- nothing'],
    ['hides text behind a zero byte', 'syntax-error', 'SELECT count(*) FROM patients\0 WHERE 1 = 1'],
    ['runs SQL from a string', 'table-function-not-allowed', "SELECT * FROM query('SELECT * FROM patients')"],
    ['reads a table named by a string', 'table-function-not-allowed', "SELECT * FROM query_table('patients')"],
    ['runs a serialised statement', 'table-function-not-allowed', "SELECT * FROM json_execute_serialized_sql('{}')"],
    ['runs a serialised statement as a pragma', 'statement-not-allowed', "PRAGMA json_execute_serialized_sql('{}')"],
    ['lists tables', 'table-function-not-allowed', 'SELECT table_name FROM duckdb_tables()'],
    ['lists columns in the information schema', 'table-not-allowed', 'SELECT column_name FROM information_schema.columns'],
    ['lists the catalogue', 'table-not-allowed', 'SELECT name FROM sqlite_master'],
    ['reads column statistics from storage', 'table-function-not-allowed', "SELECT stats FROM pragma_storage_info('patients')"],
    ['reads statistics of a column', 'function-not-allowed', 'SELECT stats(name) FROM patients GROUP BY 1'],
    ['summarises a table', 'table-not-allowed', 'SUMMARIZE patients'],
    ['describes a table', 'table-not-allowed', 'DESCRIBE patients'],
    ['shows tables', 'table-not-allowed', 'SHOW TABLES'],
    ['reads the environment', 'function-not-allowed', "SELECT getenv('HOME'), count(*) FROM patients"],
    ['reads a variable', 'function-not-allowed', "SELECT getvariable('x'), count(*) FROM patients"],
    ['reads a setting', 'function-not-allowed', "SELECT current_setting('threads'), count(*) FROM patients"],
    ['writes a log', 'function-not-allowed', "SELECT write_log('x'), count(*) FROM patients"],
    ['counts with a sequence', 'function-not-allowed', "SELECT nextval('s'), count(*) FROM patients"],
    ['reads the clock', 'function-not-allowed', 'SELECT now(), count(*) FROM patients'],
    ['draws random numbers', 'function-not-allowed', 'SELECT count(*) FROM patients WHERE random() < 0.1'],
    ['makes rows of its own', 'table-not-allowed', 'SELECT count(*) FROM (VALUES (1), (2)) v(x)'],
    ['reads no dataset', 'table-not-allowed', 'SELECT 1'],
    ['names a schema', 'table-not-allowed', 'SELECT count(*) FROM main.patients'],
    ['names a catalogue', 'table-not-allowed', 'SELECT count(*) FROM temp.main.patients'],
    [
      'replaces a dataset by a CTE of its name',
      'table-not-allowed',
      'WITH patients AS (SELECT count(*) n FROM pupils) SELECT n FROM patients',
    ],
    [
      'recurses',
      'construct-not-allowed',
      'WITH RECURSIVE r(n) AS (SELECT count(*) FROM patients UNION ALL SELECT n FROM r) SELECT n FROM r',
    ],
    ['travels in time', 'table-not-allowed', 'SELECT count(*) FROM patients AT (VERSION => 1)'],
  ],
  'reaches columns that the rule keeps shut': [
    ['selects rows', 'raw-rows', 'SELECT region FROM patients'],
    ['selects everything', 'raw-rows', 'SELECT * FROM patients'],
    ['writes FROM alone', 'raw-rows', 'FROM patients'],
    ['selects a whole row', 'column-unknown', 'SELECT p, count(*) FROM patients p GROUP BY p'],
    ['counts whole rows', 'column-unknown', 'SELECT count(DISTINCT p) FROM patients p'],
    ['refers to a column by position', 'construct-not-allowed', 'SELECT #2, count(*) FROM patients GROUP BY #2'],
    ['matches columns by pattern', 'star-not-allowed', "SELECT COLUMNS('n.*'), count(*) FROM patients GROUP BY ALL"],
    ['counts matched columns', 'star-not-allowed', "SELECT count(COLUMNS('n.*')) FROM patients"],
    ['takes all columns in a group', 'star-not-allowed', 'SELECT * , count(*) FROM patients GROUP BY ALL'],
    ['takes all columns of a table', 'star-not-allowed', 'SELECT p.*, count(*) FROM patients p GROUP BY ALL'],
    [
      'renames a column under a star',
      'star-not-allowed',
      'SELECT * RENAME (name AS region), count(*) FROM patients GROUP BY ALL',
    ],
    [
      'replaces a column under a star',
      'star-not-allowed',
      'SELECT * REPLACE (name AS region), count(*) FROM patients GROUP BY ALL',
    ],
    [
      'unpivots columns into values',
      'table-not-allowed',
      'SELECT count(*) FROM (FROM patients UNPIVOT (v FOR k IN (name, region)))',
    ],
    ['pivots values into columns', 'table-not-allowed', 'SELECT * FROM patients PIVOT (count(*) FOR name IN (1))'],
    ['groups by a column that is no dimension', 'column-not-allowed', 'SELECT name, count(*) FROM patients GROUP BY name'],
    ['groups by a column without outputting it', 'column-not-allowed', 'SELECT count(*) FROM patients GROUP BY name'],
    ['groups by a function of such a column', 'column-not-allowed', 'SELECT left(name, 1), count(*) FROM patients GROUP BY 1'],
    ['groups by an alias of such a column', 'column-not-allowed', 'SELECT name AS n, count(*) FROM patients GROUP BY n'],
    ['groups by all with such a column', 'column-not-allowed', 'SELECT name, count(*) FROM patients GROUP BY ALL'],
    [
      'calls a function as a method, the column hidden in the schema field',
      'function-not-allowed',
      'SELECT name.md5(), count(*) FROM patients GROUP BY 1',
    ],
    ['calls a listed function as a method', 'function-not-allowed', 'SELECT count(*) FROM patients GROUP BY name.lower()'],
    ['calls an aggregate as a method', 'function-not-allowed', 'SELECT name.count() FROM patients'],
    [
      'qualifies a function by a schema',
      'function-not-allowed',
      'SELECT pg_catalog.lower(region), count(*) FROM patients GROUP BY 1',
    ],
    ['reads the row number', 'column-unknown', 'SELECT rowid, count(*) FROM patients GROUP BY 1'],
    ['filters by the row number', 'column-unknown', 'SELECT count(*) FROM patients WHERE rowid < 10'],
    ['filters by a column without an entry', 'filter-not-allowed', "SELECT count(*) FROM patients WHERE name = 'Ada'"],
    ['asks whether such a column is NULL', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE name IS NULL'],
    ['filters by a measure', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE cost = 99999.99'],
    ['filters by a function of a measure', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE round(cost) = 100000'],
    ['filters by a cast of a measure', 'filter-not-allowed', "SELECT count(*) FROM patients WHERE cost::VARCHAR = '1'"],
    [
      'compares a column that may meet columns only with a literal',
      'filter-not-allowed',
      'SELECT count(*) FROM patients WHERE visits = 3',
    ],
    [
      'compares a column that may meet literals only with a column',
      'filter-not-allowed',
      'SELECT count(*) FROM patients WHERE region = name',
    ],
    ['combines columns in a comparison', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE age + visits = 40'],
    [
      'orders by a column that is not grouped',
      'not-grouped',
      'SELECT region, count(*) FROM patients GROUP BY region ORDER BY cost',
    ],
    ['outputs a column that is not grouped', 'not-grouped', 'SELECT region, name, count(*) FROM patients GROUP BY region'],
    [
      'joins on a column that may not join',
      'join-not-allowed',
      'SELECT count(*) FROM patients p JOIN states s ON p.name = s.name',
    ],
    [
      'opens a shut key through the public key it joins with',
      'column-not-allowed',
      'SELECT a.iata, count(*) FROM flights f JOIN airports a ON f.origin = a.iata GROUP BY 1',
    ],
    [
      'filters a shut key through the public key it joins with',
      'filter-not-allowed',
      "SELECT count(*) FROM flights f JOIN airports a ON f.origin = a.iata WHERE a.iata <> 'A1'",
    ],
    ['shows a public column that the rule does not let out', 'column-not-allowed', 'SELECT longitude FROM airports'],
    [
      'orders by a public column that the rule does not let out',
      'column-not-allowed',
      'SELECT iata FROM airports ORDER BY longitude',
    ],
    ['names a column of a struct', 'column-unknown', 'SELECT patients.main.name, count(*) FROM patients GROUP BY 1'],
    ['collates', 'construct-not-allowed', 'SELECT region COLLATE nocase, count(*) FROM patients GROUP BY 1'],
  ],
  'gives back values of single rows': [
    ...(
      [
        ['the smallest', 'min(age)'],
        ['the largest', 'max(age)'],
        ['a first value', 'first(region)'],
        ['any value', 'any_value(region)'],
        ['the most frequent value', 'mode(age)'],
        ['a list', 'list(age)'],
        ['an array', 'array_agg(age)'],
        ['one long text', "string_agg(region, ',')"],
        ['a histogram', 'histogram(age)'],
        ['the value beside the largest', 'arg_max(region, age)'],
        ['a discrete quantile', 'quantile_disc(age, 0.5)'],
        ['a quantile at the edge', 'quantile_cont(age, 0)'],
        ['several quantiles at once', 'quantile_cont(age, [0.1, 0.5])'],
        ['bits', 'bit_xor(age)'],
        ['a product', 'product(age)'],
        ['a distinct sum', 'sum(DISTINCT age)'],
      ] as const
    ).map(
      ([what, call]): Attack => [
        `asks for ${what}`,
        call.includes('[') ? 'function-not-allowed' : 'aggregate-not-allowed',
        `SELECT ${call} FROM patients`,
      ],
    ),
    ['asks for the most frequent values', 'aggregate-not-allowed', 'SELECT approx_top_k(age, 3) FROM patients'],
    ['hashes', 'function-not-allowed', 'SELECT hash(region), count(*) FROM patients GROUP BY 1'],
    ['spreads a list into rows', 'function-not-allowed', 'SELECT unnest([1, 2]), count(*) FROM patients GROUP BY 1'],
    ['sums a column without permission', 'aggregate-not-allowed', 'SELECT sum(person) FROM patients'],
    ['counts distinct values without permission', 'aggregate-not-allowed', 'SELECT count(DISTINCT cost) FROM patients'],
    ['looks at neighbouring rows', 'window-not-allowed', 'SELECT lag(age) OVER (ORDER BY person) FROM patients'],
    [
      'runs a window over an aggregate',
      'window-not-allowed',
      'SELECT region, sum(count(*)) OVER () FROM patients GROUP BY region',
    ],
    [
      'keeps one row per group',
      'construct-not-allowed',
      'SELECT DISTINCT ON (region) region, count(*) FROM patients GROUP BY region',
    ],
    [
      'filters after a window',
      'construct-not-allowed',
      'SELECT region, count(*) FROM patients GROUP BY region QUALIFY row_number() OVER () = 1',
    ],
    ['samples rows', 'table-not-allowed', 'SELECT count(*) FROM patients TABLESAMPLE 10 ROWS'],
    ['samples the result', 'construct-not-allowed', 'SELECT count(*) FROM patients USING SAMPLE 1 ROWS'],
    ['exports the state of an aggregate', 'function-not-allowed', 'SELECT sum(age) EXPORT_STATE FROM patients'],
    ['applies a lambda', 'function-not-allowed', 'SELECT list_transform([1], x -> x + 1), count(*) FROM patients GROUP BY 1'],
  ],
  'gets under the threshold': [
    [
      'isolates one person by CASE inside a sum',
      'aggregate-not-allowed',
      'SELECT sum(CASE WHEN person = 42 THEN age END) FROM patients',
    ],
    ['isolates one person by multiplication', 'aggregate-not-allowed', 'SELECT sum(age * (person = 42)::INT) FROM patients'],
    ['isolates one person by FILTER', 'function-not-allowed', 'SELECT sum(age) FILTER (WHERE person = 42) FROM patients'],
    ['counts one person by FILTER', 'function-not-allowed', 'SELECT count(*) FILTER (WHERE person = 42) FROM patients'],
    ['isolates one person by count_if', 'function-not-allowed', 'SELECT count_if(person = 42) FROM patients'],
    ['isolates one person by nullif', 'aggregate-not-allowed', 'SELECT avg(nullif(age, 33)) FROM patients'],
    ['isolates one person by an ordered aggregate', 'function-not-allowed', 'SELECT sum(age ORDER BY person) FROM patients'],
    ['isolates one person by its unit', 'filter-not-allowed', 'SELECT avg(age) FROM patients WHERE person = 42'],
    [
      'isolates all but one, to subtract from the total',
      'filter-not-allowed',
      'SELECT sum(age) FROM patients WHERE person <> 42',
    ],
    ['probes a list of people', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE person IN (1, 2, 3, 42)'],
    [
      'probes a list through a subquery',
      'subquery-not-allowed',
      'SELECT count(*) FROM patients WHERE person IN (SELECT pupil FROM pupils)',
    ],
    [
      'inflates rows by a cross join with a range',
      'table-function-not-allowed',
      'SELECT region, count(*) FROM patients CROSS JOIN range(100) GROUP BY 1',
    ],
    [
      'inflates rows by a cross join with a public dataset',
      'join-not-allowed',
      'SELECT region, count(*) FROM patients CROSS JOIN states GROUP BY 1',
    ],
    ['inflates rows by a comma join', 'join-not-allowed', 'SELECT region, count(*) FROM patients, states GROUP BY 1'],
    [
      'inflates rows by a join on true',
      'join-not-allowed',
      'SELECT region, count(*) FROM patients JOIN states ON TRUE GROUP BY 1',
    ],
    [
      'inflates rows by a join with itself',
      'join-not-allowed',
      'SELECT p.region, count(*) FROM patients p JOIN patients q ON p.person = q.person GROUP BY 1',
    ],
    ['fakes identities', 'aggregate-not-allowed', "SELECT count(DISTINCT person || 'x') FROM patients"],
    [
      'leaks through the order of a conditional maximum',
      'aggregate-not-allowed',
      'SELECT region FROM patients GROUP BY 1 ORDER BY max(CASE WHEN person = 42 THEN age END) LIMIT 1',
    ],
    [
      'leaks through a HAVING on a conditional sum',
      'aggregate-not-allowed',
      'SELECT region FROM patients GROUP BY 1 HAVING sum(CASE WHEN person = 42 THEN 1 END) > 0',
    ],
    [
      'groups by person in a CTE and filters after',
      'column-not-allowed',
      'WITH p AS (SELECT person, sum(age) s FROM patients GROUP BY person) SELECT count(*) FROM p WHERE person = 42',
    ],
    [
      'groups by person although it is a unit that may join',
      'column-not-allowed',
      'SELECT person, count(*) FROM patients GROUP BY 1',
    ],
    ['groups by person behind an expression', 'column-not-allowed', 'SELECT person // 1, count(*) FROM patients GROUP BY 1'],
    [
      'aggregates an aggregate',
      'nested-aggregation',
      'WITH r AS (SELECT region, count(*) n FROM patients GROUP BY 1) SELECT sum(n) FROM r',
    ],
    [
      'aggregates an aggregate in a subquery',
      'nested-aggregation',
      'SELECT avg(n) FROM (SELECT region, count(*) n FROM patients GROUP BY 1) q',
    ],
    [
      'groups results again',
      'nested-aggregation',
      'SELECT region FROM (SELECT region, age, count(*) n FROM patients GROUP BY 1, 2) q GROUP BY region',
    ],
    ['passes rows through a subquery first', 'raw-rows', 'SELECT count(*) FROM (SELECT age FROM patients) q'],
    [
      'passes limited rows through a subquery first',
      'raw-rows',
      'SELECT avg(age) FROM (SELECT age FROM patients ORDER BY age DESC LIMIT 1) q',
    ],
    [
      'joins results back to rows',
      'mixed-relations',
      'WITH r AS (SELECT region, count(*) n FROM patients GROUP BY 1) SELECT p.region, count(*) FROM patients p JOIN r ON p.region = r.region GROUP BY 1',
    ],
    [
      'joins rows with a public selection as a probe list',
      'mixed-relations',
      "WITH probe AS (SELECT code FROM states WHERE code = 'S1') SELECT count(*) FROM patients p JOIN probe ON p.region = probe.code",
    ],
    [
      'joins two protected datasets on an attribute',
      'join-not-allowed',
      'SELECT count(*) FROM patients p JOIN pupils q ON p.region = q.school',
    ],
    [
      'joins two protected datasets through a public one',
      'join-not-allowed',
      'SELECT count(*) FROM patients p JOIN states s ON p.region = s.name JOIN pupils q ON q.school = s.name',
    ],
    [
      'finds who is missing by an outer join',
      'join-not-allowed',
      'SELECT count(*) FROM patients p LEFT JOIN pupils q ON p.person = q.pupil',
    ],
    [
      'finds who is missing by a full join',
      'join-not-allowed',
      'SELECT count(*) FROM patients p FULL JOIN pupils q ON p.person = q.pupil',
    ],
    [
      'finds who is missing by an anti join',
      'join-not-allowed',
      'SELECT count(*) FROM patients p ANTI JOIN pupils q ON p.person = q.pupil',
    ],
    [
      'finds who is present by a semi join',
      'join-not-allowed',
      'SELECT count(*) FROM patients p SEMI JOIN pupils q ON p.person = q.pupil',
    ],
    ['joins by position', 'join-not-allowed', 'SELECT count(*) FROM patients POSITIONAL JOIN states'],
    ['joins by nearest value', 'join-not-allowed', 'SELECT count(*) FROM patients p ASOF JOIN states s ON p.region >= s.name'],
    ['joins laterally', 'raw-rows', 'SELECT count(*) FROM patients p, LATERAL (SELECT school FROM pupils) q'],
    [
      'joins laterally with a correlation',
      'column-unknown',
      'SELECT count(*) FROM patients p, LATERAL (SELECT name FROM states WHERE code = p.region) q',
    ],
    ['joins on an inequality', 'join-not-allowed', 'SELECT count(*) FROM patients p JOIN states s ON p.region < s.name'],
    ['joins on an expression', 'join-not-allowed', 'SELECT count(*) FROM patients p JOIN states s ON lower(p.region) = s.name'],
    [
      'joins on a comparison with a literal',
      'join-not-allowed',
      "SELECT count(*) FROM patients p JOIN states s ON p.region = s.name AND p.region = 'x'",
    ],
    ['joins by nature', 'join-not-allowed', 'SELECT count(*) FROM flights NATURAL JOIN airports'],
    ['unites rows', 'set-operation-not-allowed', 'SELECT region FROM patients UNION ALL SELECT school FROM pupils'],
    [
      'takes totals beside cells',
      'grouping-sets-not-allowed',
      'SELECT region, age, count(*) FROM patients GROUP BY ROLLUP (region, age)',
    ],
    ['takes a cube', 'grouping-sets-not-allowed', 'SELECT region, age, count(*) FROM patients GROUP BY CUBE (region, age)'],
    [
      'takes grouping sets',
      'grouping-sets-not-allowed',
      'SELECT region, age, count(*) FROM patients GROUP BY GROUPING SETS ((region), (age))',
    ],
    [
      'correlates a scalar subquery',
      'subquery-not-allowed',
      'SELECT region, (SELECT count(*) FROM patients q WHERE q.region = p.region) FROM patients p GROUP BY 1',
    ],
    ['tests existence', 'subquery-not-allowed', 'SELECT count(*) FROM patients p WHERE EXISTS (SELECT 1 FROM pupils)'],
  ],
  'makes errors or time speak': [
    ['raises an error with a value', 'function-not-allowed', "SELECT error('x' || name) FROM patients GROUP BY 1"],
    [
      'raises an error in a filter',
      'function-not-allowed',
      "SELECT count(*) FROM patients WHERE CASE WHEN age = 33 THEN error('x') END",
    ],
    [
      'compares a text with a number, which would fail on some values',
      'type-mismatch',
      'SELECT count(*) FROM patients WHERE region = 5',
    ],
    ['compares a date with a number', 'type-mismatch', 'SELECT count(*) FROM patients WHERE admitted > 5'],
    ['compares a date with a text that is none', 'type-mismatch', "SELECT count(*) FROM patients WHERE admitted > 'x'"],
    ['compares with a day that does not exist', 'type-mismatch', "SELECT count(*) FROM patients WHERE admitted > '2021-02-30'"],
    ['compares with NULL', 'type-mismatch', 'SELECT count(*) FROM patients WHERE age = NULL'],
    [
      'makes a scalar subquery fail',
      'subquery-not-allowed',
      'SELECT count(*) FROM patients WHERE age = (SELECT age FROM patients)',
    ],
    ['sleeps', 'function-not-allowed', 'SELECT sleep_ms(1000), count(*) FROM patients'],
    ['builds a huge text', 'function-not-allowed', "SELECT repeat('x', 2000000000), count(*) FROM patients"],
    ['casts to a type that nobody judged', 'type-mismatch', 'SELECT region::JSON, count(*) FROM patients GROUP BY 1'],
    [
      'uses an integer beyond every column',
      'constant-not-allowed',
      'SELECT count(*) FROM patients WHERE age < 99999999999999999999',
    ],
    ['takes a negative number of rows', 'limit-not-allowed', 'SELECT count(*) FROM patients LIMIT -1'],
    ['takes a percentage of rows', 'limit-not-allowed', 'SELECT count(*) FROM patients LIMIT 10%'],
    ['computes a limit', 'limit-not-allowed', 'SELECT count(*) FROM patients LIMIT (SELECT count(*) FROM pupils)'],
    ['nests very deeply', 'too-complex', `SELECT ${'lower('.repeat(400)}region${')'.repeat(400)} FROM patients GROUP BY 1`],
    ['is very long', 'too-complex', `SELECT count(*) FROM patients WHERE age IN (${'1,'.repeat(60_000)}1)`],
    [
      'multiplies results by each other',
      'join-not-allowed',
      'WITH a AS (SELECT region, count(*) n FROM patients GROUP BY 1) SELECT x.region FROM a x, a y',
    ],
    ['names two columns alike', 'duplicate-column', 'SELECT region AS x, count(*) AS X FROM patients GROUP BY 1'],
    [
      'leaves a name open',
      'column-ambiguous',
      'SELECT name, count(*) FROM airports JOIN states ON airports.state = states.code GROUP BY 1',
    ],
    ['names an output with control characters', 'construct-not-allowed', 'SELECT count(*) AS "a\nb" FROM patients'],
  ],
}

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(async () => guard.close())

for (const [aim, statements] of Object.entries(attacks)) {
  describe(`a statement that ${aim} is refused:`, () => {
    for (const [tries, code, sql] of statements) {
      test(tries, async () => {
        const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
        expect(verdict.verdict === 'refused' ? verdict.reasons.map((r) => r.code) : verdict.rewrittenSql).toEqual([code])
      })
    }
  })
}
