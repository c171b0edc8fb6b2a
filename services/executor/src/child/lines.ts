import { readSync, writeSync } from 'node:fs'

const newline = 0x0a
let rest = Buffer.alloc(0)

/** The next line of the standard input. @throws at its end */
export function readLine(): string {
  const chunk = Buffer.alloc(1 << 16)
  while (!rest.includes(newline)) {
    const length = readSync(0, chunk)
    if (length === 0) throw new Error('no more lines')
    rest = Buffer.concat([rest, chunk.subarray(0, length)])
  }
  const end = rest.indexOf(newline)
  const line = rest.toString('utf8', 0, end)
  rest = rest.subarray(end + 1)
  return line
}

/** All of it, before anything else happens. */
export function writeLine(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
}
