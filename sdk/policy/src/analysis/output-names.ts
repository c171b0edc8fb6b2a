import { offsetWithin, sameName, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'

/** The name of an output column: its alias, else as DuckDB would call it, and then different from those before. */
export function outputName(node: unknown, index: number, taken: readonly string[] = []): string {
  const { alias, column_names, function_name } = node as { alias?: unknown; column_names?: unknown; function_name?: unknown }
  const last: unknown = Array.isArray(column_names) ? column_names.at(-1) : undefined
  const name =
    typeof alias === 'string' && alias !== ''
      ? alias
      : typeof last === 'string'
        ? last
        : free(isCall(node) && /^\w+$/.test(String(function_name)) ? `${function_name}()` : `column${index + 1}`, taken)
  checkName(name, offsetWithin(node))
  return name
}

function isCall(node: unknown): boolean {
  return ['FUNCTION', 'WINDOW'].includes(tagOf(node, 'class'))
}

function free(wanted: string, taken: readonly string[]): string {
  let name = wanted
  for (let i = 2; taken.some((t) => sameName(t, name)); i++) name = `${wanted}_${i}`
  return name
}

export function checkName(name: string, offset?: number): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (name.length > 128 || !name.isWellFormed() || /[\u0000-\u001f\u007f]/.test(name)) {
    refuse('construct-not-allowed', 'a name is too long or holds control characters', offset)
  }
}

/** Results go into Parquet and between blocks by name, so names are unique, ignoring case. */
export function checkUnique(names: readonly string[], offset?: number): void {
  if (new Set(names.map((n) => n.toLowerCase())).size !== names.length) {
    refuse('duplicate-column', 'two columns of a SELECT have the same name; give one an alias', offset)
  }
}
