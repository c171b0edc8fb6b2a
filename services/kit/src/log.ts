import { isReinraumError } from '@reinraum/crypto'
import { destination, type Logger, pino } from 'pino'

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** standard output unless told */
  readonly file?: string | undefined
}

export type Log = Logger

// Names under which a key, a token or a party's text could be logged by mistake, at the top and one level down.
const secretNames = [
  'key',
  'privateKey',
  'seed',
  'token',
  'authorization',
  'secret',
  'password',
  'body',
  'data',
  'plaintext',
  'sql',
]

/** JSON lines, written synchronously: the last line before a crash is the one that is needed. */
export function createLog(config: LogConfig, name?: string): Log {
  return pino(
    {
      level: config.level,
      base: name === undefined ? {} : { service: name },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      redact: { paths: secretNames.flatMap((secret) => [secret, `*.${secret}`]), censor: '[redacted]' },
      serializers: { err: describeError, error: describeError },
      hooks: {
        // Given no text of its own, pino takes the error's.
        logMethod(args, method) {
          if (args.length === 1 && typeof args[0] === 'object') method.call(this, args[0], 'error')
          else method.apply(this, args)
        },
      },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ ...(config.file === undefined ? { fd: 1 } : { dest: config.file, mkdir: true, mode: 0o600 }), sync: true }),
  )
}

/**
 * What a log may say about an error: our own code and message; of any other only its kind and where it was thrown,
 * because messages of engines and parsers quote their input.
 */
export function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const cause = error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, depth + 1) }
  if (isReinraumError(error)) return { code: error.code, message: error.message, ...cause }
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? { code: error.code } : {}
  return { type: error.name, ...code, at: framesOf(error), ...cause }
}

/** The message stands in the stack too, and may look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message)
  if (start < 0) return []
  const lines = stack.slice(start + message.length).split('\n')
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
}
