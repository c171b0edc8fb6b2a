import type { Attack } from './attack.ts'

const grouped = (call: string) => `SELECT ${call} AS x, count(*) FROM patients GROUP BY 1`

/** Functions that say when or where a query ran, grow without end, take long, or look like protection. */
export const functions: readonly Attack[] = [
  ...(
    [
      ['repeats a text', 'function-not-allowed', 'repeat(region, 1000000)'],
      ['pads a text to a gigabyte', 'type-mismatch', "lpad(region, 1000000000, 'x')"],
      ['pads a text by data', 'type-mismatch', "lpad(region, age, 'x')"],
      ['replaces by a long text', 'type-mismatch', `replace(region, 'a', '${'x'.repeat(200)}')`],
      ['matches a pattern of many wildcards', 'type-mismatch', `region LIKE '${'%a'.repeat(30)}'`],
      ['matches a pattern from data', 'type-mismatch', 'region LIKE region'],
      ['matches with an escape', 'function-not-allowed', "region LIKE 'a' ESCAPE 'b'"],
      ['matches a regular expression from data', 'type-mismatch', 'regexp_matches(region, region)'],
      ['matches a huge regular expression', 'type-mismatch', "regexp_matches(region, '(a{1000}){1000}')"],
      ['hashes a text', 'function-not-allowed', 'md5(region)'],
      ['hashes a text in a longer way', 'function-not-allowed', 'sha256(region)'],
      ['asks the age of a date, which is today', 'function-not-allowed', 'age(admitted)'],
      ['asks for today', 'function-not-allowed', 'admitted - today()'],
      ['asks for the current date', 'function-not-allowed', 'admitted - current_date'],
      ['takes a time zone', 'function-not-allowed', "admitted AT TIME ZONE 'UTC'"],
      ['makes a time with a zone', 'function-not-allowed', 'to_timestamp(age)'],
      ['moves a date by data', 'constant-not-allowed', 'admitted + INTERVAL (age) DAY'],
      ['moves a date by a text from data', 'type-mismatch', 'admitted + region::INTERVAL'],
      ['moves a date very far', 'constant-not-allowed', 'admitted + INTERVAL 99999999 YEAR'],
      ['formats with a pattern from data', 'type-mismatch', 'strftime(admitted, region)'],
      ['builds a text by format', 'function-not-allowed', "format('{:>1000000000}', region)"],
      ['builds a text by printf', 'function-not-allowed', "printf('%1000000000d', age)"],
      ['converts to a type of its own', 'type-mismatch', "region::ENUM('a')"],
      ['counts in periods of no length', 'type-mismatch', 'time_bucket(INTERVAL 0 DAY, admitted)'],
      ['makes a list', 'function-not-allowed', "string_split(region, ' ')"],
      ['measures nearness, which no rule added', 'function-not-allowed', "jaro_similarity(region, 'x')"],
    ] as const
  ).map(([tries, code, call]): Attack => [tries, code, grouped(call)]),
  ['filters a shut column by a pattern', 'filter-not-allowed', "SELECT count(*) FROM patients WHERE name LIKE 'Ada%'"],
  ['filters a shut column by a prefix', 'filter-not-allowed', "SELECT count(*) FROM patients WHERE starts_with(name, 'A')"],
  [
    'filters a shut column by what it contains',
    'filter-not-allowed',
    "SELECT count(*) FROM patients WHERE contains(name, 'a') IS TRUE",
  ],
  [
    'compares a shut column by difference',
    'filter-not-allowed',
    "SELECT count(*) FROM patients WHERE name IS DISTINCT FROM 'Ada'",
  ],
  ['finds a column within another', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE contains(region, region)'],
  [
    'moves a shut column in a filter',
    'filter-not-allowed',
    'SELECT count(*) FROM flights WHERE length(origin || destination) > 3',
  ],
  ['hides a shut column in greatest', 'filter-not-allowed', 'SELECT count(*) FROM patients WHERE greatest(age, cost) > 50'],
  [
    'groups by a part of a shut column',
    'column-not-allowed',
    "SELECT split_part(name, ' ', 1), count(*) FROM patients GROUP BY 1",
  ],
]
