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
  [
    'correlates a subquery with the rows around it',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients p WHERE p.age > (SELECT avg(q.age) FROM patients q WHERE q.region = p.region)',
  ],
  [
    'correlates EXISTS',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients p WHERE EXISTS (SELECT name FROM states WHERE code = p.region)',
  ],
  ['filters by a subquery over rows', 'raw-rows', 'SELECT count(*) FROM patients WHERE age = (SELECT age FROM patients LIMIT 1)'],
  ['lists units from rows', 'raw-rows', 'SELECT count(*) FROM patients WHERE age IN (SELECT age FROM patients WHERE smoker)'],
  [
    'fails where a subquery gives two rows',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients HAVING count(*) > (SELECT count(*) FROM patients GROUP BY region)',
  ],
  [
    'compares a measure with its own released mean',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE cost > (SELECT avg(cost) FROM patients)',
  ],
  [
    'probes units by a released list',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE person IN (SELECT count(*) FROM patients)',
  ],
  [
    'compares a column that may meet columns only with a released value',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE visits > (SELECT avg(visits) FROM patients)',
  ],
  [
    'hides a shut column beside a released list',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE name IN (SELECT name FROM states)',
  ],
  [
    'compares with every value of a list',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE age > ALL (SELECT age FROM patients GROUP BY 1)',
  ],
  [
    'compares with any value of a list',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE age > ANY (SELECT age FROM patients GROUP BY 1)',
  ],
  ['selects two columns into one value', 'subquery-not-allowed', 'SELECT (SELECT count(*), avg(age) FROM patients) FROM states'],
  [
    'joins on a subquery',
    'subquery-not-allowed',
    'SELECT count(*) FROM flights f JOIN airports a ON f.origin = (SELECT code FROM states LIMIT 1)',
  ],
  [
    'compares a text with a list of numbers',
    'type-mismatch',
    'SELECT count(*) FROM patients WHERE region IN (SELECT count(*) FROM patients)',
  ],
  ['carries a subquery into an aggregate', 'aggregate-not-allowed', 'SELECT sum((SELECT count(*) FROM patients)) FROM patients'],
]
