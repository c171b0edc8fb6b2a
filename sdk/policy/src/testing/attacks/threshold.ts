import type { Attack } from './attack.ts'

/** One person inside a large group, or a group smaller than it looks. */
export const threshold: readonly Attack[] = [
  [
    'isolates one person by CASE inside a sum',
    'filter-not-allowed',
    'SELECT sum(CASE WHEN person = 42 THEN age END) FROM patients',
  ],
  ['isolates one person by multiplication', 'filter-not-allowed', 'SELECT sum(age * (person = 42)::INT) FROM patients'],
  ['isolates one person by FILTER', 'filter-not-allowed', 'SELECT sum(age) FILTER (WHERE person = 42) FROM patients'],
  ['counts one person by FILTER', 'filter-not-allowed', 'SELECT count(*) FILTER (WHERE person = 42) FROM patients'],
  ['isolates one person by count_if', 'filter-not-allowed', 'SELECT count_if(person = 42) FROM patients'],
  ['isolates one person by nullif', 'aggregate-not-allowed', 'SELECT avg(nullif(age, 33)) FROM patients'],
  ['isolates one person by an ordered aggregate', 'function-not-allowed', 'SELECT sum(age ORDER BY person) FROM patients'],
  ['isolates one person by its unit', 'filter-not-allowed', 'SELECT avg(age) FROM patients WHERE person = 42'],
  ['isolates all but one, to subtract from the total', 'filter-not-allowed', 'SELECT sum(age) FROM patients WHERE person <> 42'],
  ['probes a list of people', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE person IN (1, 2, 3, 42)'],
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
  ['inflates rows by a join on true', 'join-not-allowed', 'SELECT region, count(*) FROM patients JOIN states ON TRUE GROUP BY 1'],
  ['fakes identities', 'aggregate-not-allowed', "SELECT count(DISTINCT person::VARCHAR || 'x') FROM patients"],
  ['fakes identities from a number', 'aggregate-not-allowed', "SELECT count(DISTINCT person || 'x') FROM patients"],
  [
    'leaks through the order of a conditional maximum',
    'aggregate-not-allowed',
    'SELECT region FROM patients GROUP BY 1 ORDER BY max(CASE WHEN person = 42 THEN age END) LIMIT 1',
  ],
  [
    'leaks through a HAVING on a conditional sum',
    'filter-not-allowed',
    'SELECT region FROM patients GROUP BY 1 HAVING sum(CASE WHEN person = 42 THEN 1 END) > 0',
  ],
  [
    'groups by person in a CTE and filters after',
    'filter-not-allowed',
    'WITH p AS (SELECT person, sum(age) s FROM patients GROUP BY person) SELECT count(*) FROM p WHERE person = 42',
  ],
  [
    'groups by person although it is a unit that may join',
    'column-not-allowed',
    'SELECT person, count(*) FROM patients GROUP BY 1',
  ],
  ['groups by a unit that is a dimension', 'privacy-unit-not-allowed', 'SELECT pupil, count(*) FROM pupils GROUP BY 1'],
  ['groups by person behind an expression', 'column-not-allowed', 'SELECT person // 1, count(*) FROM patients GROUP BY 1'],
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
  ['joins laterally', 'join-not-allowed', 'SELECT count(*) FROM patients p, LATERAL (SELECT school FROM pupils) q'],
  [
    'joins laterally with a correlation',
    'column-unknown',
    'SELECT count(*) FROM patients p, LATERAL (SELECT name FROM states WHERE code = p.region) q',
  ],
  ['joins on an inequality', 'join-not-allowed', 'SELECT count(*) FROM patients p JOIN states s ON p.region < s.name'],
  ['joins on an expression', 'join-not-allowed', 'SELECT count(*) FROM patients p JOIN states s ON lower(p.region) = s.name'],
  [
    'joins on a comparison of a name with a literal',
    'filter-not-allowed',
    "SELECT count(*) FROM patients p JOIN states s ON p.region = s.name AND p.name = 'x'",
  ],
  ['joins by nature', 'join-not-allowed', 'SELECT count(*) FROM flights NATURAL JOIN airports'],
  ['unites rows', 'raw-rows', 'SELECT region FROM patients UNION ALL SELECT school FROM pupils'],
  [
    'takes one grouping set twice',
    'grouping-sets-not-allowed',
    'SELECT region, age, count(*) FROM patients GROUP BY GROUPING SETS ((region, age), (age, region))',
  ],
  ['takes a total per person', 'column-not-allowed', 'SELECT person, count(*) FROM patients GROUP BY ROLLUP (person)'],
  [
    'asks which set a person is of',
    'not-grouped',
    'SELECT region, grouping(person), count(*) FROM patients GROUP BY ROLLUP (region)',
  ],
  [
    'takes more grouping sets than anybody reads',
    'too-complex',
    'SELECT count(*) FROM patients GROUP BY CUBE (region, age, smoker, admitted, month(admitted), year(admitted))',
  ],
  [
    'correlates a scalar subquery',
    'subquery-not-allowed',
    'SELECT region, (SELECT count(*) FROM patients q WHERE q.region = p.region) FROM patients p GROUP BY 1',
  ],
  ['tests existence', 'subquery-not-allowed', 'SELECT count(*) FROM patients p WHERE EXISTS (SELECT 1 FROM pupils)'],
]
