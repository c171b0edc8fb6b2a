import type { Command } from 'commander'
import { type ExitCode, exitCodeOf } from './exit-code.ts'
import { type Io, type Output, writeError, writeOutput } from './output.ts'

/** Global options of every command. */
export interface GlobalOptions {
  readonly room?: string
  readonly identity?: string
  readonly json?: boolean
}

/** What a command's body gets beside its arguments. */
export interface Invocation {
  readonly io: Io
  readonly global: GlobalOptions
  /** Progress for people: one line that replaces itself on a TTY, nothing with --json or elsewhere. */
  progress(text: string): void
}

export type Outcome = Output & { readonly exitCode?: ExitCode }

/** Collects the exit code of the one command that ran. */
export interface Exit {
  code: ExitCode
}

/** Binds a command to its body: prints its output, or its error as one sentence with the right exit code. */
export function bind<Options>(
  command: Command,
  io: Io,
  exit: Exit,
  body: (invocation: Invocation, options: Options, ...args: string[]) => Promise<Outcome>,
): Command {
  return command.action(async (...parameters: unknown[]) => {
    const args = parameters.slice(0, -2).filter((value): value is string => typeof value === 'string')
    const options = parameters.at(-2) as Options
    const global: GlobalOptions = command.optsWithGlobals()
    const json = global.json === true
    const live = io.err.isTTY === true && !json
    const invocation: Invocation = {
      io,
      global,
      progress: (text) => {
        if (live) io.err.write(`\r\u001b[2K${text}`)
      },
    }
    try {
      const outcome = await body(invocation, options, ...args)
      if (live) io.err.write('\r\u001b[2K')
      writeOutput(io, json, outcome)
      exit.code = outcome.exitCode ?? 0
    } catch (error) {
      if (live) io.err.write('\r\u001b[2K')
      writeError(io, json, error)
      exit.code = exitCodeOf(error)
    }
  })
}
