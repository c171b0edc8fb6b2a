import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describeError, type Log } from '../log.ts'

/** A log that a test can read. */
export function testLog(): { readonly log: Log; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  return { log: pino({ level: 'debug', serializers: { err: describeError } }, stream), lines }
}
