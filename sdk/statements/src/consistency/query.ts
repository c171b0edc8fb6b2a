import { ReinraumError } from '@reinraum/crypto'
import type { Query } from '../kinds/query.ts'
import { compareValues, hasType } from '../parameter-domain.ts'

/** A query's slots are sorted and its parameters' domains make sense. Throws `invalid-statement`. */
export function assertQueryConsistent(query: Query): void {
  if (query.slots.some((slot, i) => i > 0 && slot <= (query.slots[i - 1] ?? ''))) {
    throw new ReinraumError('invalid-statement', 'the slots of a query are sorted and differ')
  }
  const names = query.parameters.map((p) => p.name)
  if (new Set(names).size !== names.length) throw new ReinraumError('invalid-statement', 'two parameters have the same name')
  for (const { name, type, domain } of query.parameters) {
    const values = 'values' in domain ? domain.values : [domain.minimum, domain.maximum]
    if (!values.every((value) => hasType(type, value))) {
      throw new ReinraumError('invalid-statement', `the domain of parameter ${name} holds a value that is no ${type}`)
    }
    if ('values' in domain) continue
    if (type === 'BOOLEAN') throw new ReinraumError('invalid-statement', `parameter ${name} is BOOLEAN and cannot have a range`)
    if (compareValues(domain.minimum, domain.maximum) > 0) {
      throw new ReinraumError('invalid-statement', `the range of parameter ${name} is empty`)
    }
  }
}
