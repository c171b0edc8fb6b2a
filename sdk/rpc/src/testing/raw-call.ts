import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import tls from 'node:tls'
import { statusOfCode } from '../error-status.ts'
import { testAuthority } from './test-room.ts'

/** A call without grpc-js: it can come from another address, and send less or more than a client of ours would. */
export interface RawCall {
  readonly port: number
  readonly path: string
  readonly authorization?: string
  /** loopback address to come from */
  readonly from?: string
  /** Writes the message; nothing is written, and the request stays open, unless told. */
  readonly send?: (stream: ClientHttp2Stream) => Promise<void>
}

export const unauthenticated = statusOfCode('unauthenticated')
export const resourceExhausted = statusOfCode('resource-exhausted')

/** Several calls over one connection, one after the other; their gRPC status each. */
export async function rawCalls(calls: readonly RawCall[]): Promise<number[]> {
  const [first] = calls
  if (first === undefined) return []
  const { port, from: localAddress = '127.0.0.1' } = first
  const socket = connectTcp({ port, host: '127.0.0.1', localAddress })
  const session = connect(`https://127.0.0.1:${port}`, {
    createConnection: () => tls.connect({ socket, host: '127.0.0.1', ca: testAuthority.ca, ALPNProtocols: ['h2'] }),
  })
  // A stream of a broken session fails as well, and that is what a test hears of.
  session.on('error', () => undefined)
  try {
    const statuses: number[] = []
    for (const call of calls) statuses.push(await rawCall(session, call))
    return statuses
  } finally {
    session.destroy()
  }
}

async function rawCall(session: ClientHttp2Session, { path, authorization, send }: RawCall): Promise<number> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(authorization === undefined ? {} : { authorization }),
  })
  const status = new Promise<number>((resolve, reject) => {
    const read = (headers: Readonly<Record<string, unknown>>) => {
      if (headers['grpc-status'] !== undefined) resolve(Number(headers['grpc-status']))
    }
    stream.on('response', read)
    stream.on('trailers', read)
    stream.on('error', reject)
    stream.setTimeout(5000, () => reject(new Error('no answer')))
  })
  stream.resume()
  const [answer] = await Promise.all([status, send?.(stream)])
  stream.close()
  return answer
}
