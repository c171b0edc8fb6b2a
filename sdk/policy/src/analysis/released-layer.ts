import type { SelectNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block } from './block.ts'
import { type Expression, holds } from './expression.ts'
import { aliasIn, readModifiers } from './modifiers.ts'
import { requireBoolean } from './operators.ts'
import { outputName } from './output-names.ts'
import { lookup, type Scope } from './scope.ts'
import { type Environment, translate } from './translate.ts'
import { translateWindow } from './windows.ts'

type Layer = Omit<Block, 'name' | 'source' | 'single'>

/** SELECT, HAVING, QUALIFY, ORDER BY and LIMIT: everything above a core sees released values only, and may run windows. */
export function releasedLayer(select: SelectNode, scope: Scope, released: Environment, constants: Environment): Layer {
  const items: { name: string; value: Expression }[] = []
  // a column comes before an earlier item of the same name, as in DuckDB
  const earlier = (node: unknown) => (isColumn(node, scope) ? undefined : aliasIn(items, node))
  const inSelect = withWindows({ ...released, known: (node) => released.known?.(node) ?? earlier(node) })
  for (const [i, node] of select.select_list.entries()) {
    const taken = items.map((item) => item.name)
    items.push({ name: outputName(node, i, taken), value: translate(node, inSelect) })
  }
  const withAliases: Environment = { ...released, known: (node) => released.known?.(node) ?? aliasIn(items, node) }
  const having = select.having === null ? null : condition(select.having, withAliases)
  if (having !== null && holds(having, 'window')) {
    refuse('window-not-allowed', 'a window is filtered by QUALIFY', offsetWithin(select.having))
  }
  const qualify = select.qualify === null ? null : condition(select.qualify, withWindows(withAliases))
  const modifiers = readModifiers(
    select.modifiers,
    items,
    (node) => translate(node, withWindows(withAliases)),
    (node) => translate(node, constants),
  )
  if (qualify !== null && ![qualify, ...items.map((s) => s.value)].some((value) => holds(value, 'window'))) {
    refuse('window-not-allowed', 'QUALIFY filters by a window; there is none', offsetWithin(select.qualify))
  }
  return { where: having, qualify, select: items, ...modifiers }
}

function condition(node: unknown, environment: Environment): Expression {
  return requireBoolean(translate(node, environment), offsetWithin(node))
}

function withWindows(environment: Environment): Environment {
  return { ...environment, window: (node) => translateWindow(node, (child) => translate(child, environment)) }
}

function isColumn(node: unknown, scope: Scope): boolean {
  if (tagOf(node, 'class') !== 'COLUMN_REF') return false
  const { column_names: names } = node as { column_names?: unknown }
  return Array.isArray(names) && lookup(scope, names as readonly string[], offsetOf(node)) !== undefined
}
