import { clock, constantText, day, define, period, type ScalarFunction } from './function-table.ts'
import { bigintType, dateType, doubleType, textType, timestampType } from './types.ts'

const parts = [
  'century',
  'day',
  'dayofweek',
  'dayofyear',
  'decade',
  'dow',
  'doy',
  'isodow',
  'isoyear',
  'millennium',
  'month',
  'quarter',
  'week',
  'weekday',
  'year',
  'yearweek',
]
const truncations = ['century', 'day', 'decade', 'month', 'quarter', 'week', 'year']
const timeParts = ['hour', 'minute', 'second', 'millisecond', 'microsecond']
const differences = ['day', 'week', 'month', 'quarter', 'year', 'decade', 'century', 'hour', 'minute', 'second', 'millisecond']

// now, current_date, age and everything with a time zone are not here: they say when or where a query ran
export const functionsOfDates: readonly ScalarFunction[] = [
  ...['year', 'month', 'day', 'quarter'].map((name) => define(name, [day], bigintType, true)),
  ...['week', 'dayofweek', 'weekday', 'isodow', 'dayofyear', 'isoyear', 'yearweek', 'decade', 'century', 'millennium'].map(
    (name) => define(name, [day], bigintType),
  ),
  ...['hour', 'minute', 'second', 'millisecond', 'microsecond'].map((name) => define(name, [clock], bigintType)),
  define('date_part', [{ words: parts }, day], bigintType),
  define('date_part', [{ words: timeParts }, clock], bigintType),
  define('date_part', [{ words: ['epoch'] }, day], doubleType),
  define('epoch', [day], doubleType),
  define('epoch_ms', [['timestamp']], bigintType),
  // over a DATE, DuckDB 1.5 gives a TIMESTAMP too
  define('date_trunc', [{ words: truncations }, day], timestampType),
  define('date_trunc', [{ words: timeParts }, ['timestamp']], timestampType),
  ...['date_diff', 'date_sub'].flatMap((name) => [
    define(name, [{ words: differences }, ['date'], ['date']], bigintType),
    define(name, [{ words: differences }, ['timestamp'], ['timestamp']], bigintType),
  ]),
  { ...define('time_bucket', [period, day], dateType), result: ([, of]) => of ?? dateType },
  define('make_date', [['integer'], ['integer'], ['integer']], dateType),
  define('try_strptime', [['text'], constantText], timestampType),
  define('last_day', [day], dateType),
  define('monthname', [day], textType),
  define('dayname', [day], textType),
  define('strftime', [day, constantText], textType),
]
