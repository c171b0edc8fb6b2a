import type { Log } from '../log.ts'

/** The part of Node's `process` that ends a service. */
export interface Process {
  readonly argv: readonly string[]
  readonly pid: number
  readonly stderr: { write(text: string): unknown }
  on(event: string, listener: (reason: unknown) => void): unknown
  exit(code: number): unknown
}

export interface Supervisor {
  readonly stopping: AbortSignal
  crash(error: unknown): void
}

/** ms; a stop that takes longer is a stop that hangs */
export const defaultStopWithinMs = 10_000

/** 128 + SIGINT */
const interrupted = 130

/** Ends the process in order at the first signal, at once at the second, and with 1 on anything that nobody handled. */
export function supervise(
  process: Process,
  log: Log,
  stop: () => Promise<void>,
  stopWithinMs: number = defaultStopWithinMs,
): Supervisor {
  const stopping = new AbortController()

  function crash(error: unknown): void {
    log.fatal({ err: error }, 'ending because of an error')
    process.exit(1)
  }

  async function end(): Promise<void> {
    const deadline = setTimeout(() => {
      log.fatal('stopping took too long')
      process.exit(1)
    }, stopWithinMs)
    try {
      await stop()
      log.info('stopped')
      process.exit(0)
    } catch (error) {
      crash(error)
    } finally {
      clearTimeout(deadline)
    }
  }

  function onSignal(): void {
    if (stopping.signal.aborted) {
      process.exit(interrupted)
      return
    }
    log.info('stopping')
    stopping.abort()
    void end()
  }

  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('unhandledRejection', crash)
  process.on('uncaughtException', crash)
  return { stopping: stopping.signal, crash }
}
