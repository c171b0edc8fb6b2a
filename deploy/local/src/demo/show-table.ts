/** A result as aligned text: numbers to the right, everything else to the left. */
export function tableText(
  table: { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] },
  most: number,
): string {
  const shown = table.rows.slice(0, most).map((row) => row.map((value) => (value === null ? '' : String(value))))
  const numeric = table.columns.map((_, i) => shown.every((row) => /^-?[0-9.]*$/.test(row[i] ?? '')))
  const widths = table.columns.map((name, i) => Math.max(name.length, ...shown.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  const lines = [line(table.columns), widths.map((width) => '─'.repeat(width)).join('  '), ...shown.map(line)]
  if (table.rows.length > most) lines.push(`… ${table.rows.length - most} more rows`)
  return lines.join('\n')
}
