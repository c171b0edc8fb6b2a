import { tagOf } from '../ast/read.ts'
import { outsideSubquery } from './subqueries.ts'

/** Whether a node or one below it passes the test, without those that belong to a subquery. */
export function nodeWithin(node: unknown, test: (node: object) => boolean): boolean {
  if (node === null || typeof node !== 'object') return false
  if (test(node)) return true
  const outside = outsideSubquery(node)
  return outside === node ? Object.values(node).some((child) => nodeWithin(child, test)) : nodeWithin(outside, test)
}

export function holdsWindow(node: unknown): boolean {
  return nodeWithin(node, (n) => tagOf(n, 'class') === 'WINDOW')
}
