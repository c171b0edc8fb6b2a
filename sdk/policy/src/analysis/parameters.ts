import { type Parameter, type ParameterValue, parameterInDomain } from '@reinraum/statements'
import { parameterNode } from '../ast/nodes.ts'
import { offsetOf, read } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { parameterConstant } from './constants.ts'
import type { Constant } from './expression.ts'

/** Gives each `$name` its constant and remembers which ones the query used. */
export interface ParameterBinder {
  readonly constant: (node: unknown) => Constant
  /** refuses parameters that are declared and never used */
  readonly finish: () => void
}

/** Values are checked against their domains here too, whoever checked them before. `undefined` binds a sample. */
export function bindParameters(
  declared: readonly Parameter[],
  values: Readonly<Record<string, ParameterValue>> | undefined,
): ParameterBinder {
  const constants = new Map<string, Constant>()
  for (const parameter of declared) {
    if (constants.has(parameter.name)) refuse('parameter-undeclared', `parameter ${parameter.name} is declared twice`)
    constants.set(parameter.name, constantFor(parameter, values))
  }
  for (const name of Object.keys(values ?? {})) {
    if (!constants.has(name)) refuse('parameter-undeclared', 'a value is given for a parameter that is not declared')
  }
  const used = new Set<string>()
  return {
    constant: (node) => {
      const { identifier } = read(parameterNode, node)
      const constant = constants.get(identifier)
      if (constant === undefined) return refuse('parameter-undeclared', 'a parameter is not declared', offsetOf(node))
      used.add(identifier)
      return constant
    },
    finish: () => {
      const unused = declared.find((p) => !used.has(p.name))
      if (unused !== undefined) refuse('parameter-unused', `parameter ${unused.name} is declared and never used`)
    },
  }
}

function constantFor(parameter: Parameter, values: Readonly<Record<string, ParameterValue>> | undefined): Constant {
  const { name, type, domain } = parameter
  const sample = 'values' in domain ? domain.values[0] : domain.minimum
  const value = values === undefined ? sample : Object.hasOwn(values, name) ? values[name] : undefined
  if (value === undefined) return refuse('parameter-missing', `parameter ${name} has no value`)
  const constant = parameterInDomain(parameter, value) ? parameterConstant(type, value) : undefined
  return constant ?? refuse('parameter-outside-domain', `the value of parameter ${name} is outside its domain`)
}
