import { ReinraumError } from '@reinraum/crypto'
import type { Query } from '../kinds/query.ts'
import type { Run } from '../kinds/run.ts'
import { parameterInDomain } from '../parameter-domain.ts'

/** The run gives each of the query's parameters a value of its domain, and no others. Throws `parameter-outside-domain`. */
export function assertParameters(query: Query, run: Run): void {
  const names = query.parameters.map((parameter) => parameter.name)
  const extra = Object.keys(run.parameters).some((name) => !names.includes(name))
  if (extra) throw new ReinraumError('parameter-outside-domain', 'the run has a parameter that the query does not have')
  for (const parameter of query.parameters) {
    if (!Object.hasOwn(run.parameters, parameter.name)) {
      throw new ReinraumError('parameter-outside-domain', `the run gives no value for parameter ${parameter.name}`)
    }
    if (!parameterInDomain(parameter, run.parameters[parameter.name])) {
      throw new ReinraumError('parameter-outside-domain', `the value of parameter ${parameter.name} is outside its domain`)
    }
  }
}
