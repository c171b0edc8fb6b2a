import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { insideAggregates } from './testing/attacks/arguments.ts'
import type { Attack } from './testing/attacks/attack.ts'
import { columns } from './testing/attacks/columns.ts'
import { errorsAndTime } from './testing/attacks/errors-and-time.ts'
import { escapes } from './testing/attacks/escapes.ts'
import { functions } from './testing/attacks/functions.ts'
import { throughPartners } from './testing/attacks/partners.ts'
import { released } from './testing/attacks/released.ts'
import { throughRows } from './testing/attacks/rows.ts'
import { throughSemiJoins } from './testing/attacks/semi-joins.ts'
import { singleRows } from './testing/attacks/single-rows.ts'
import { throughStacks } from './testing/attacks/stacks.ts'
import { texts } from './testing/attacks/texts.ts'
import { threshold } from './testing/attacks/threshold.ts'
import { throughUnits } from './testing/attacks/units.ts'
import { slots } from './testing/slots.ts'

// Each statement is named for what it tries. All are refused before anything is executed.

const attacks: Readonly<Record<string, readonly Attack[]>> = {
  'escapes the query': escapes,
  'reads otherwise elsewhere': texts,
  'reaches columns that the rule keeps shut': columns,
  'gives back values of single rows': singleRows,
  'gets under the threshold': threshold,
  'takes more than results out of results': released,
  'calls what nobody judged safe': functions,
  'picks one person inside an aggregate': insideAggregates,
  'takes rows through a subquery': throughRows,
  'takes rows of units through a subquery': throughUnits,
  'takes rows through a union': throughStacks,
  'asks for partners in another register': throughSemiJoins,
  'asks who has no partner': throughPartners,
  'makes errors or time speak': errorsAndTime,
}

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(async () => guard.close())

for (const [aim, statements] of Object.entries(attacks)) {
  describe(`a statement that ${aim} is refused:`, () => {
    for (const [tries, code, sql] of statements) {
      test(tries, async () => {
        const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
        expect(verdict.verdict === 'refused' ? verdict.reasons[0]?.code : verdict.rewrittenSql).toBe(code)
      })
    }
  })
}
