import type { Expression } from '../analysis/expression.ts'
import { keyOf } from '../analysis/expression.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { type Rows, windowsOf, writeWindow } from './windows.ts'

/**
 * Windows cannot stand inside TRY, so they are computed one layer below, beside everything that the layer above names.
 * `lift` turns what was written for one layer into what stands above two.
 */
export interface Layers {
  readonly lift: (node: Node) => Node
  /** what the layer below selects, once everything is lifted */
  readonly below: () => readonly Node[]
}

const alias = 'w'

export function layersFor(expressions: readonly Expression[], rows: Rows): Layers {
  const windows = new Map(expressions.flatMap(windowsOf).map((w) => [keyOf(w), w]))
  const keys = [...windows.keys()]
  const passed = new Map<string, Node>()
  const pass = (node: Node): Node => {
    const key = JSON.stringify([node.class, node.column_names ?? ast.textOf(node)])
    passed.set(key, node)
    return ast.column(alias, `p${[...passed.keys()].indexOf(key)}`)
  }
  const lift = (node: Node): Node => {
    if (node.class === 'WINDOW_REF') return { ...ast.column(alias, `w${keys.indexOf(String(node.key))}`), alias: node.alias }
    if (node.class === 'COLUMN_REF' || node.class === 'SUBQUERY') return { ...pass({ ...node, alias: '' }), alias: node.alias }
    return liftAll(node) as Node
  }
  const liftAll = (node: Node): unknown =>
    Object.fromEntries(Object.entries(node).map(([name, child]) => [name, liftChild(child)]))
  const liftChild = (child: unknown): unknown =>
    Array.isArray(child) ? child.map(liftChild) : child !== null && typeof child === 'object' ? lift(child as Node) : child
  return {
    lift,
    below: () => [
      ...[...passed.values()].map((node, i) => ast.named(node, `p${i}`)),
      ...[...windows.values()].map((window, i) => ast.named(writeWindow(window, rows), `w${i}`)),
    ],
  }
}

/** Stands for a window until it is lifted; no engine knows such a node. */
export function windowReference(key: string): Node {
  return { class: 'WINDOW_REF', key, alias: '' }
}
