import { Writable } from 'node:stream'
import { runCli } from '../run-cli.ts'

/** Runs one command line in this process, with everything that a terminal would show kept apart. */
export async function runInProcess(argv: readonly string[], now: () => Date = () => new Date()) {
  const [out, err] = [collector(), collector()]
  const exitCode = await runCli(argv, { out, err, now, defaults: {} })
  return { exitCode, out: out.text(), err: err.text() }
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
