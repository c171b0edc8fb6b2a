import { isReinraumError } from '@reinraum/crypto'

/** Where a command writes: the result to `out`, everything about the way there to `err`. */
export interface Io {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly now: () => Date
  readonly defaults: { readonly room?: string; readonly identity?: string }
}

/** The result of a command, once for people and once for programs. */
export interface Output {
  readonly text: string
  readonly json: unknown
}

export function writeOutput(io: Io, json: boolean, output: Output): void {
  io.out.write(json ? `${JSON.stringify(output.json, null, 2)}\n` : `${output.text}\n`)
}

/** One sentence and the reason code; causes stay inside, they may quote data. */
export function writeError(io: Io, json: boolean, error: unknown): void {
  const code = isReinraumError(error) ? error.code : 'internal'
  const message = isReinraumError(error) ? error.message : 'something went wrong that should not have; nothing more is known here'
  io.err.write(json ? `${JSON.stringify({ error: { code, message } })}\n` : `reinraum: ${message} (${code})\n`)
}

/** Aligned `name  value` lines. */
export function lines(entries: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** Rows under headings, aligned. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'none'
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(headings), ...rows.map(line)].join('\n')
}
