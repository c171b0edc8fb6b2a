import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isReinraumError } from '@reinraum/crypto'
import { runDemonstration } from './demo/run-demonstration.ts'

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, directory: { type: 'string', default: '.local/room' } },
})
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second signal does not wait for anyone.
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  })
}

try {
  await runDemonstration({ directory: values.directory, once: values.once, out: process.stdout, signal: stop.signal })
  process.exitCode = stop.signal.aborted && values.once ? 130 : 0
} catch (error) {
  const message = isReinraumError(error)
    ? `${error.message} (${error.code})`
    : error instanceof Error
      ? error.message
      : 'something went wrong'
  // Past the live list, which may still hold the output and the cursor of the terminal.
  if (process.stdout.isTTY) writeSync(1, '\u001b[?25h')
  writeSync(2, `\n${stop.signal.aborted ? 'Interrupted.' : message}\n`)
  process.exitCode = stop.signal.aborted ? 130 : 1
}
// A step that was cut off may still be waiting for an answer; the room is stopped, so nothing is lost.
process.exit()
