import type { z } from 'zod'
import { type GuardReason, refuse } from '../reasons.ts'

/** Byte offset of a node, if it has one. */
export function offsetOf(node: unknown): number | undefined {
  const location = (node as { query_location?: unknown } | null)?.query_location
  return typeof location === 'number' ? location : undefined
}

/** The offset of the node, or of the first thing in it that has one: casts and parameters have none. */
export function offsetWithin(node: unknown): number | undefined {
  const own = offsetOf(node)
  if (own !== undefined || node === null || typeof node !== 'object') return own
  for (const child of Object.values(node)) {
    const found = offsetWithin(child)
    if (found !== undefined) return found
  }
  return undefined
}

/** Reads a node against its strict shape; anything else about it refuses. */
export function read<S extends z.ZodType>(
  schema: S,
  node: unknown,
  code: GuardReason = 'construct-not-allowed',
  message = 'the query uses a construct that the guard does not know',
): z.output<S> {
  const result = schema.safeParse(node)
  return result.success ? result.data : refuse(code, message, offsetWithin(node))
}

export function tagOf(node: unknown, field: 'class' | 'type'): string {
  const value = (node as Record<string, unknown> | null)?.[field]
  return typeof value === 'string' ? value : ''
}

export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Equal for nodes that differ in nothing but where they stand in the text. */
export function textOf(node: unknown): string {
  return JSON.stringify(node, (name, value: unknown) =>
    name === 'query_location' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  )
}
