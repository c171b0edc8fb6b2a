import { afterAll, beforeAll, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { wholeField } from '../testing/both-ways.ts'
import { fields } from '../testing/honest/fields.ts'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

test.each(fields)('files that hold nothing but the planned columns and rows give the same results: $name', (field) =>
  wholeField(guard, field),
)
