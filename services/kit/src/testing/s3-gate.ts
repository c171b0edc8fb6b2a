import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { S3Config } from '../objects/objects-config.ts'
import type { Answer, Forwarded, TestS3 } from './test-s3.ts'

export interface GateRequest extends Forwarded {
  readonly path: string
  /** of all that came, from 1 */
  readonly number: number
}

/** Whatever an object store or the way to it can do: it may ask the real one, and answer something else, or nothing. */
export type Gatekeeper = (request: GateRequest, response: ServerResponse, real: () => Promise<Answer>) => Promise<void> | void

/** Stands before the real server for one test. */
export async function openGate(
  s3: TestS3,
  gatekeeper: Gatekeeper,
  tls?: { readonly cert: Buffer; readonly key: Buffer },
): Promise<S3Config> {
  let number = 0
  const answer: RequestListener = async (incoming, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const { method = '', url: path = '', headers } = incoming
    const request = { method, path, headers, body: Buffer.concat(chunks), number: ++number }
    await gatekeeper(request, response, () => s3.forward(path, request))
  }
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    ...s3.config(),
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
}

export function pass(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body)
}
