import { Writable } from 'node:stream'
import { runCli } from '@reinraum/cli'

export interface Answer {
  readonly exitCode: 0 | 1 | 2 | 3
  readonly out: string
  readonly err: string
}

/** The command line as one person at one terminal has it. */
export interface CommandLine {
  (...argv: readonly string[]): Promise<Answer>
  /** The same command with `--json`, its answer parsed. */
  json(...argv: readonly string[]): Promise<{ readonly exitCode: 0 | 1 | 2 | 3; readonly value: Json }>
}

/** An answer's fields, whatever they hold. */
export interface Json {
  readonly [name: string]: Json
}

export interface CommandLineOptions {
  /** what REINRAUM_ROOM and REINRAUM_IDENTITY would say */
  readonly room?: string
  readonly identity?: string
  /** Told of each command, by the words that name it. */
  readonly onCommand?: (words: string, json: boolean) => void
}

/** Runs commands in this process, with everything that a terminal would show kept apart. */
export function commandLine({ room, identity, onCommand }: CommandLineOptions): CommandLine {
  const defaults = { ...(room === undefined ? {} : { room }), ...(identity === undefined ? {} : { identity }) }
  const run = async (argv: readonly string[]): Promise<Answer> => {
    onCommand?.(argv[0] === 'revoke' ? 'revoke' : argv.slice(0, 2).join(' '), argv.includes('--json'))
    const [out, err] = [collector(), collector()]
    const exitCode = await runCli(argv, { out, err, now: () => new Date(), defaults })
    return { exitCode, out: out.text(), err: err.text() }
  }
  return Object.assign((...argv: readonly string[]) => run(argv), {
    async json(...argv: readonly string[]) {
      const { exitCode, out, err } = await run([...argv, '--json'])
      return { exitCode, value: JSON.parse(out === '' ? err : out) as Json }
    },
  })
}

function collector(): Writable & { text(): string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') })
}
