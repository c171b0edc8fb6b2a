import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSlots } from '../analysis/slots.ts'
import { type Engine, openEngine } from '../engine/instance.ts'
import { published } from '../testing/honest/field.ts'
import { scansOf } from './scans.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

const slots = readSlots([
  published('places', { key: ['INTEGER'], rest: ['VARCHAR'], more: ['VARCHAR'], name: ['VARCHAR'] }, '').slot,
  published('visits', { place: ['INTEGER'], cost: ['INTEGER'], rest: ['VARCHAR'] }, '').slot,
])
const sql = `SELECT name FROM places WHERE name > 'K' AND EXISTS (SELECT 1 FROM visits WHERE place = key AND cost > 3)`

/** The scans of that plan, in which a text was replaced wherever it stands: sorted by their datasets. */
async function scansWith(found: string, replaced: string) {
  const text = JSON.stringify(await engine.shadows.optimize(slots, ({ optimized }) => optimized(sql)))
  const changed = text.replaceAll(found, replaced)
  if (found !== '') expect(changed).not.toBe(text)
  const scans = scansOf(JSON.parse(changed), { slots, made: new Set() })
  return scans && [...scans].sort((a, b) => (a.slot < b.slot ? -1 : 1))
}

const places = {
  slot: 'places',
  columns: ['name', 'key'],
  conditions: [{ column: 'name', operator: '>', value: { type: 'VARCHAR', value: 'K' } }],
}
const visits = {
  slot: 'visits',
  columns: ['place', 'cost'],
  conditions: [{ column: 'cost', operator: '>', value: { type: 'INTEGER', value: 3n } }],
}

test('the rows of the other side that a subquery is asked with are no scan', async () => {
  expect(await scansWith('', '')).toEqual([places, visits])
})

/** as the engine writes the number of the last column of places */
const name = '{"index":3,"child_indexes":[],"index_type":"FULL_READ","type":{"id":"INVALID"},"field":"","has_index":true}'

test.each([
  ['a column that the table does not have', '{"index":3,', '{"index":4,'],
  ['a column without a number', '{"index":3,', '{"index":null,'],
  ['a column that has a name instead', name, name.replace('true', 'false')],
  ['columns that no list says', '"column_indexes":[{"index":3,', '"column_indexes":null,"others":[{"index":3,'],
])('a scan of %s is one of the whole table, and the other table is read as it was', async (_, found, replaced) => {
  const whole = { slot: 'places', columns: ['key', 'rest', 'more', 'name'], conditions: [] }
  expect(await scansWith(found, replaced)).toEqual([whole, visits])
})

test('an operator or a table that is not known leaves nothing known', async () => {
  expect(await scansWith('LOGICAL_DELIM_GET', 'LOGICAL_SOMETHING')).toBeNull()
  expect(await scansWith('"table":"visits"', '"table":"others"')).toBeNull()
})
