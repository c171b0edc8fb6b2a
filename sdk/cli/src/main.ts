#!/usr/bin/env node
import { runCli } from './run-cli.ts'

const { REINRAUM_ROOM: room, REINRAUM_IDENTITY: identity } = process.env
process.exitCode = await runCli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  now: () => new Date(),
  defaults: { ...(room === undefined ? {} : { room }), ...(identity === undefined ? {} : { identity }) },
})
