import { isReinraumError } from '@reinraum/crypto'

/** Where a command writes: the result to `out`, everything about the way there to `err`. */
export interface Io {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly now: () => Date
  /** Aborts when somebody asks the command to stop; whoever asks for it cleans up. */
  readonly untilInterrupted?: () => AbortSignal
  readonly defaults: { readonly room?: string; readonly identity?: string }
}

/** The result of a command, once for people and once for programs. */
export interface Output {
  readonly text: string
  readonly json: unknown
}

export function writeOutput(io: Io, json: boolean, output: Output): void {
  io.out.write(`${visible(json ? JSON.stringify(output.json, null, 2) : output.text)}\n`)
}

/** One sentence and the reason code; causes stay inside, they may quote data. */
export function writeError(io: Io, json: boolean, error: unknown): void {
  const code = isReinraumError(error) ? error.code : 'internal'
  const message = isReinraumError(error) ? error.message : 'something went wrong that should not have; nothing more is known here'
  io.err.write(`${visible(json ? JSON.stringify({ error: { code, message } }) : `reinraum: ${message} (${code})`)}\n`)
}

/**
 * Control and formatting characters, and those that nobody sees, as JSON writes them. Names, purposes and SQL come from other
 * parties: what a terminal obeys or leaves out could show their reader something else than is about to be signed.
 */
export function visible(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}

/** Aligned `name  value` lines; a value's further lines stay under its first. */
export function lines(entries: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  const indent = `\n${' '.repeat(width + 2)}`
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${String(value).replaceAll('\n', indent)}`).join('\n')
}

/** Text of somebody else's on a line of ours: none of it may begin a line, and look like one of our own. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

/** Rows under headings, aligned; each cell on one line. */
export function table(headings: readonly string[], content: readonly (readonly string[])[]): string {
  if (content.length === 0) return 'none'
  const rows = content.map((row) => row.map(oneLine))
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(headings), ...rows.map(line)].join('\n')
}
