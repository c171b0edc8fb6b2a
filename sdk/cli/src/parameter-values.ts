import { ReinraumError } from '@reinraum/crypto'
import { type Parameter, type ParameterValue, parameterInDomain } from '@reinraum/statements'

/**
 * `name=value` arguments as typed values.
 * @throws ReinraumError `invalid-argument` (unknown or badly written), `parameter-outside-domain`
 */
export function readParameterValues(
  settings: readonly string[],
  parameters: readonly Parameter[],
): Record<string, ParameterValue> {
  const values: Record<string, ParameterValue> = {}
  for (const setting of settings) {
    const split = setting.indexOf('=')
    const parameter = parameters.find(({ name }) => name === setting.slice(0, split))
    if (split < 1 || parameter === undefined)
      throw new ReinraumError('invalid-argument', `the query has no parameter for --set ${setting}`)
    values[parameter.name] = typedValue(parameter, setting.slice(split + 1))
  }
  for (const parameter of parameters) {
    const value = values[parameter.name]
    if (value === undefined) throw new ReinraumError('invalid-argument', `give a value with --set ${parameter.name}=…`)
    if (!parameterInDomain(parameter, value))
      throw new ReinraumError('parameter-outside-domain', `${parameter.name} is outside its domain`)
  }
  return values
}

function typedValue(parameter: Parameter, text: string): ParameterValue {
  switch (parameter.type) {
    case 'BIGINT':
    case 'DOUBLE': {
      const value = Number(text)
      if (text.trim() === '' || !Number.isFinite(value))
        throw new ReinraumError('invalid-argument', `${parameter.name} takes a number`)
      return value
    }
    case 'BOOLEAN':
      if (text !== 'true' && text !== 'false')
        throw new ReinraumError('invalid-argument', `${parameter.name} takes true or false`)
      return text === 'true'
    case 'VARCHAR':
    case 'DATE':
      return text
  }
}
