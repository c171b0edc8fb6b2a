#!/usr/bin/env node
import { runCli } from './run-cli.ts'

// Whoever reads the output may have seen enough (`reinraum … | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

/** The first Ctrl-C lets a command clean up, the second ends it. */
function untilInterrupted(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  return stop.signal
}

const { REINRAUM_ROOM: room, REINRAUM_IDENTITY: identity } = process.env
process.exitCode = await runCli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  now: () => new Date(),
  untilInterrupted,
  defaults: { ...(room === undefined ? {} : { room }), ...(identity === undefined ? {} : { identity }) },
})
