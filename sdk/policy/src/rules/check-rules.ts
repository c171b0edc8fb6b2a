import type { Block } from '../analysis/block.ts'
import { addableFunctionNames, functionName } from '../analysis/functions.ts'
import type { Slot } from '../analysis/slots.ts'
import { offsetWithin, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { checkJoins, checkOwnDatasets } from './check-joins.ts'
import { millionthsOf } from './decimal.ts'
import type { Restrictions } from './restrictions.ts'

interface Checked {
  /** the statement as the parser gave it */
  readonly statement: unknown
  readonly blocks: readonly Block[]
  readonly read: readonly Slot[]
  readonly restrictions: Restrictions
  /** who asks, as far as that is known */
  readonly by: string | undefined
}

/** Numbers are rounded as DECIMAL(38): a rounding beyond this is a multiple of nothing that comes out. */
const largestRounding = millionthsOf('1000000000000')

/** Refuses what the rules of the datasets that a query reads refuse together. What is said of single columns is checked before. */
export function checkRules({ statement, blocks, read, restrictions, by }: Checked): void {
  checkModes(blocks, read, restrictions)
  checkJoins(blocks, restrictions)
  checkOwnDatasets(blocks, read, by)
  checkFunctions(statement, read, restrictions)
  if (restrictions.rounding !== null && millionthsOf(restrictions.rounding) > largestRounding) {
    refuse('rule-invalid', `the roundings of ${namesOf(read)} have no common multiple; agree on one`)
  }
}

/** Where any query may run, an approved one may; whether it was approved is for those to say who verify approvals. */
function checkModes(blocks: readonly Block[], read: readonly Slot[], { modes }: Restrictions): void {
  const aggregates = blocks.some(({ source }) => source.kind === 'core' && source.core.units.length > 0)
  if (aggregates && !modes.includes('template')) {
    refuse('mode-not-allowed', `the rules of ${namesOf(read)} do not all allow a query that aggregates`)
  }
}

/** Every call in the text counts, wherever it stands and whatever became of it. */
function checkFunctions(statement: unknown, read: readonly Slot[], { scalarFunctions }: Restrictions): void {
  for (const node of functionNodes(statement)) {
    const name = functionName(node.function_name)
    if (!addableFunctionNames.has(name) || scalarFunctions.includes(name)) continue
    const without = read.filter(({ rule }) => rule.scalarFunctions?.includes(name) !== true)
    const message = `the function ${name} is not on the list of safe functions and the rules of ${namesOf(without)} do not add it`
    refuse('function-not-allowed', message, offsetWithin(node))
  }
}

function functionNodes(node: unknown): readonly { readonly function_name: string }[] {
  if (node === null || typeof node !== 'object') return []
  const { function_name } = node as { function_name?: unknown }
  const own = tagOf(node, 'class') === 'FUNCTION' && typeof function_name === 'string' ? [{ ...node, function_name }] : []
  return [...own, ...Object.values(node).flatMap(functionNodes)]
}

function namesOf(slots: readonly Slot[]): string {
  return slots.map((s) => s.id).join(', ')
}
