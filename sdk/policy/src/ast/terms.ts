import { conjunctionNode } from './nodes.ts'
import { read, tagOf } from './read.ts'

/** Terms of AND, however the parser nests them. */
export function termsOf(condition: unknown): readonly unknown[] {
  if (condition === null) return []
  return tagOf(condition, 'type') === 'CONJUNCTION_AND' ? read(conjunctionNode, condition).children.flatMap(termsOf) : [condition]
}
