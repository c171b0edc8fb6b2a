import type { Attack } from './attack.ts'

/** Rows of datasets among released ones, and results that are not the same in every run. */
export const released: readonly Attack[] = [
  ['unites rows with a result', 'raw-rows', 'SELECT count(*) FROM patients UNION ALL SELECT age FROM patients'],
  ['unites a result with rows', 'raw-rows', 'SELECT age FROM patients UNION SELECT count(*) FROM patients'],
  ['subtracts rows from a public list', 'raw-rows', 'SELECT name FROM states EXCEPT SELECT name FROM patients'],
  ['intersects rows with a public list', 'raw-rows', 'SELECT name FROM states INTERSECT SELECT region FROM patients'],
  [
    'hides rows in a nested set operation',
    'raw-rows',
    'SELECT name FROM states UNION (SELECT code FROM states UNION SELECT name FROM patients)',
  ],
  [
    'unites rows by name',
    'set-operation-not-allowed',
    'SELECT count(*) AS n FROM patients UNION BY NAME SELECT age FROM patients',
  ],
  ['unites a text with a number', 'type-mismatch', 'SELECT count(*) FROM patients UNION ALL SELECT name FROM states'],
  ['unites lists of different lengths', 'type-mismatch', 'SELECT name, code FROM states UNION ALL SELECT name FROM states'],
  [
    'orders a union by a column of one side',
    'column-unknown',
    'SELECT name FROM states UNION ALL SELECT name FROM states ORDER BY code',
  ],
  [
    'orders distinct rows by what they do not hold',
    'construct-not-allowed',
    'SELECT DISTINCT a.city FROM airports a ORDER BY a.name',
  ],
  [
    'shows a shut column of a public dataset through a union',
    'column-not-allowed',
    'SELECT latitude FROM airports UNION ALL SELECT longitude FROM airports',
  ],
]
