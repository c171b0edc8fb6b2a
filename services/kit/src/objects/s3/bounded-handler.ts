import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type Readable, Transform } from 'node:stream'
import { ReinraumError } from '@reinraum/crypto'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** The slowest line on which a transfer is not given up. */
export const slowestBytesPerMs = 128
/** A page of a listing has at most 1000 entries. */
const answerBytes = 4 * 2 ** 20

/**
 * The SDK's own handler, which follows no redirect. Whatever the SDK will hold in memory to parse it is cut off at a length;
 * only the content of an object passes, and its reader counts.
 * @param patienceMs for a connection, and for the headers of an answer
 */
export function boundedHandler(ca: Buffer | undefined, patienceMs: number): NodeHttpHandler {
  const agent = { keepAlive: true, maxSockets: 64, maxCachedSessions: 16 }
  const handler = new NodeHttpHandler({
    connectionTimeout: patienceMs,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent({ ...agent, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) }),
  })
  const handle = handler.handle.bind(handler)
  handler.handle = async (request, options) => {
    const bytes = request.body instanceof Uint8Array ? request.body.length : 0
    const { response } = await handle(request, { ...options, requestTimeout: patienceMs + bytes / slowestBytesPerMs })
    const content = request.headers.range !== undefined && response.statusCode === 206
    if (!content && response.body !== undefined) response.body = capped(response.body as Readable)
    return { response }
  }
  return handler
}

function capped(body: Readable): Readable {
  let length = 0
  const cap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length
      if (length <= answerBytes) return done(null, chunk)
      body.destroy()
      done(new ReinraumError('unavailable', 'the object store answers with more than an answer can be'))
    },
  })
  body.once('error', (error) => cap.destroy(error))
  body.once('aborted', () => cap.destroy(new Error('the answer broke off')))
  cap.once('close', () => body.destroy())
  return body.pipe(cap)
}
