import type { Attack } from './attack.ts'

const left =
  'FROM patients p LEFT JOIN (SELECT pupil, count(*) AS n, avg(marks) AS m, max(grade) AS g FROM pupils GROUP BY pupil) q ON p.person = q.pupil'

/** People of one register and what another may know of them: LEFT joins. */
export const throughPartners: readonly Attack[] = [
  [
    'rows that the other register repeats',
    'join-not-allowed',
    'SELECT count(*) FROM patients p LEFT JOIN pupils q ON p.person = q.pupil',
  ],
  [
    'rows that several groups of a unit repeat',
    'join-not-allowed',
    'SELECT count(*) FROM patients p LEFT JOIN (SELECT pupil, school, count(*) AS n FROM pupils GROUP BY 1, 2) q ON p.person = q.pupil',
  ],
  ['who has no partner, as a group', 'column-not-allowed', `SELECT q.g, count(*) ${left} GROUP BY q.g`],
  ['who has no partner, as a computed group', 'column-not-allowed', `SELECT q.pupil IS NULL AS x, count(*) ${left} GROUP BY x`],
  ['who has no partner, as a filter', 'filter-not-allowed', `SELECT count(*) ${left} WHERE q.pupil IS NULL`],
  ['who has no partner, by a value', 'filter-not-allowed', `SELECT count(*) ${left} WHERE q.n IS NULL`],
  ['who has no partner, as a condition', 'filter-not-allowed', `SELECT count(*) FILTER (WHERE q.g IS NULL) ${left}`],
  ['who has no partner, as a case', 'filter-not-allowed', `SELECT sum(CASE WHEN q.n > 0 THEN 0 ELSE 1 END) ${left}`],
  ['who has no partner, by a join after', 'join-not-allowed', `SELECT count(*) ${left} JOIN airports a ON q.pupil = a.rank`],
  [
    'who has no partner, by a join after on units',
    'join-not-allowed',
    `SELECT count(*) ${left} JOIN pupils r ON q.pupil = r.pupil`,
  ],
  [
    'who has no partner, within rows of units',
    'join-not-allowed',
    `SELECT k, count(*) FROM (SELECT p.person, max(q.g) AS k ${left} GROUP BY p.person) x GROUP BY k`,
  ],
  [
    'a partner by an attribute',
    'join-not-allowed',
    'SELECT count(q.n) FROM patients p LEFT JOIN (SELECT pupil, count(*) AS n FROM pupils GROUP BY pupil) q ON p.age = q.pupil',
  ],
  [
    'a partner by two equalities',
    'join-not-allowed',
    'SELECT count(q.n) FROM patients p LEFT JOIN (SELECT pupil, count(*) AS n FROM pupils GROUP BY pupil) q ON p.person = q.pupil AND p.age = q.n',
  ],
]
