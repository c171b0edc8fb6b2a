import type { Attack } from './attack.ts'

/** Partners in another register: IN and EXISTS over rows. */
export const throughSemiJoins: readonly Attack[] = [
  [
    'a person named inside IN',
    'filter-not-allowed',
    'SELECT avg(marks) FROM pupils WHERE pupil IN (SELECT person FROM patients WHERE person = 42)',
  ],
  [
    'a person named inside EXISTS',
    'filter-not-allowed',
    'SELECT avg(marks) FROM pupils q WHERE EXISTS (SELECT 1 FROM patients p WHERE p.person = q.pupil AND p.person = 42)',
  ],
  [
    'a cost inside IN',
    'filter-not-allowed',
    'SELECT avg(marks) FROM pupils WHERE pupil IN (SELECT person FROM patients WHERE cost > 90000)',
  ],
  [
    'a cost of a person inside IN',
    'filter-not-allowed',
    'SELECT avg(marks) FROM pupils WHERE pupil IN (SELECT person FROM patients GROUP BY person HAVING sum(cost) > 90000)',
  ],
  [
    'who is missing, by NOT IN',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE person NOT IN (SELECT pupil FROM pupils)',
  ],
  [
    'who is missing, by NOT EXISTS',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients p WHERE NOT EXISTS (SELECT 1 FROM pupils q WHERE q.pupil = p.person)',
  ],
  [
    'who is in a register or of an age',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE age = 33 OR person IN (SELECT pupil FROM pupils)',
  ],
  [
    'who is in a register, inside an aggregate',
    'subquery-not-allowed',
    'SELECT count(*) FILTER (WHERE person IN (SELECT pupil FROM pupils)) FROM patients',
  ],
  [
    'who is in a register, as a group',
    'subquery-not-allowed',
    'SELECT person IN (SELECT pupil FROM pupils) AS x, count(*) FROM patients GROUP BY x',
  ],
  ['partners by an attribute', 'join-not-allowed', 'SELECT count(*) FROM patients WHERE region IN (SELECT school FROM pupils)'],
  ['the unit among attributes', 'join-not-allowed', 'SELECT count(*) FROM patients WHERE person IN (SELECT grade FROM pupils)'],
  ['attributes among units', 'join-not-allowed', 'SELECT count(*) FROM patients WHERE age IN (SELECT pupil FROM pupils)'],
  [
    'a computed unit among units',
    'join-not-allowed',
    'SELECT count(*) FROM patients WHERE person + 0 IN (SELECT pupil FROM pupils)',
  ],
  [
    'partners by an attribute, through EXISTS',
    'join-not-allowed',
    'SELECT count(*) FROM patients p WHERE EXISTS (SELECT 1 FROM pupils q WHERE q.school = p.region)',
  ],
  [
    'partners by an inequality, through EXISTS',
    'column-unknown',
    'SELECT count(*) FROM patients p WHERE EXISTS (SELECT 1 FROM pupils q WHERE q.pupil < p.person)',
  ],
  [
    'anybody at all, through EXISTS',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients p WHERE EXISTS (SELECT 1 FROM pupils q WHERE q.grade = 5)',
  ],
  [
    'a cut list of partners',
    'raw-rows',
    'SELECT count(*) FROM patients WHERE person IN (SELECT pupil FROM pupils ORDER BY marks DESC LIMIT 1)',
  ],
  [
    'stacked lists of partners',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE person IN (SELECT pupil FROM pupils UNION ALL SELECT person FROM patients)',
  ],
  [
    'public names of people in a register, and out',
    'join-not-allowed',
    'SELECT name FROM states WHERE name IN (SELECT region FROM patients)',
  ],
  [
    'an ordered comparison with any',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE person < ANY (SELECT pupil FROM pupils)',
  ],
]
