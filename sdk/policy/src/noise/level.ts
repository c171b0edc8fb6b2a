import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import type { Named } from '../rewrite/pieces.ts'

/** Columns that a step has, each once, under names of one letter and a number. */
export interface Level {
  readonly columns: readonly Named[]
  /** @returns the name of the column */
  readonly add: (letter: string, value: Node) => string
}

export function level(groups: readonly Named[]): Level {
  const columns = [...groups]
  const names = new Map<string, string>()
  return {
    columns,
    add(letter, value) {
      const text = ast.textOf(value)
      const known = names.get(text)
      if (known !== undefined) return known
      const name = `${letter}${columns.length}`
      names.set(text, name)
      columns.push({ name, value })
      return name
    },
  }
}
