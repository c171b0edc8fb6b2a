import type { Attack } from './attack.ts'

/** Rows under rows: UNION ALL on its way to an aggregate. */
export const throughStacks: readonly Attack[] = [
  ['stacked rows and out', 'raw-rows', 'SELECT r FROM (SELECT region AS r FROM patients UNION ALL SELECT school FROM pupils) q'],
  ['stacked rows and out at once', 'raw-rows', 'SELECT region FROM patients UNION ALL SELECT school FROM pupils'],
  ['rows united without repeats', 'raw-rows', 'SELECT count(*) FROM (SELECT age FROM patients UNION SELECT grade FROM pupils) q'],
  [
    'rows that others are taken from',
    'raw-rows',
    'SELECT count(*) FROM (SELECT age FROM patients EXCEPT SELECT grade FROM pupils) q',
  ],
  ['a cut stack', 'raw-rows', 'SELECT count(*) FROM (SELECT age FROM patients UNION ALL SELECT grade FROM pupils LIMIT 30) q'],
  ['a cut branch', 'raw-rows', 'SELECT count(*) FROM ((SELECT age FROM patients LIMIT 1) UNION ALL SELECT grade FROM pupils) q'],
  [
    'results stacked on rows',
    'raw-rows',
    'SELECT sum(n) FROM (SELECT age AS n FROM patients UNION ALL SELECT count(*) FROM patients) q',
  ],
  [
    'a person named as a branch',
    'filter-not-allowed',
    'SELECT avg(a) FROM (SELECT age AS a FROM patients WHERE person = 42 UNION ALL SELECT grade FROM pupils) q',
  ],
  [
    'a person named in the second branch',
    'filter-not-allowed',
    'SELECT avg(a) FROM (SELECT grade AS a FROM pupils UNION ALL SELECT age FROM patients WHERE person = 42) q',
  ],
  [
    'a unit that only one branch may show',
    'column-not-allowed',
    'SELECT x, count(*) FROM (SELECT grade AS x FROM pupils UNION ALL SELECT person FROM patients) q GROUP BY x',
  ],
  [
    'a column that only one branch may sum',
    'aggregate-not-allowed',
    'SELECT sum(x) FROM (SELECT age AS x FROM patients UNION ALL SELECT person FROM patients) q',
  ],
  [
    'a column that only one branch may filter',
    'filter-not-allowed',
    'SELECT count(*) FROM (SELECT age AS x FROM patients UNION ALL SELECT marks::INTEGER FROM pupils) q WHERE x > 90',
  ],
  [
    'fake units beside few',
    'set-operation-not-allowed',
    'SELECT count(DISTINCT u) FROM (SELECT person AS u FROM patients UNION ALL SELECT person FROM patients) q',
  ],
  [
    'constants as units',
    'aggregate-not-allowed',
    'SELECT count(DISTINCT u) FROM (SELECT person AS u FROM patients UNION ALL SELECT 7 FROM pupils) q',
  ],
  [
    'a median over branches',
    'set-operation-not-allowed',
    'SELECT median(x) FROM (SELECT age AS x FROM patients UNION ALL SELECT age FROM patients) q',
  ],
  [
    'units of several datasets as one',
    'set-operation-not-allowed',
    'SELECT n, count(*) FROM (SELECT u, count(*) AS n FROM (SELECT person AS u FROM patients UNION ALL SELECT pupil FROM pupils) a GROUP BY u) b GROUP BY n',
  ],
  [
    'types that differ',
    'type-mismatch',
    'SELECT x, count(*) FROM (SELECT age AS x FROM patients UNION ALL SELECT school FROM pupils) q GROUP BY x',
  ],
  [
    'lists of different length',
    'type-mismatch',
    'SELECT count(*) FROM (SELECT age FROM patients UNION ALL SELECT grade, school FROM pupils) q',
  ],
  [
    'a stack of stacks without end',
    'too-complex',
    `SELECT count(*) FROM (${Array(17).fill('SELECT age FROM patients').join(' UNION ALL ')}) q`,
  ],
  [
    'stacks joined on an attribute',
    'join-not-allowed',
    'WITH s AS (SELECT person AS u, region AS r FROM patients UNION ALL SELECT pupil, school FROM pupils) SELECT count(*) FROM s a JOIN s b ON a.r = b.r',
  ],
]
