import { untilAborted } from './abortable.ts'

/** What grpc-js's four kinds of stream have in common. */
export interface MessageSink {
  write(bytes: Buffer, callback: (error?: Error | null) => void): boolean
}

/**
 * Writes one message and waits until HTTP/2 flow control has taken it, so at most one message of ours waits for a slow
 * reader. grpc-js never calls back for a call that has ended: the signal says so.
 */
export function writeMessage(sink: MessageSink, bytes: Buffer, signal: AbortSignal): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    sink.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
  return untilAborted(written, signal)
}
