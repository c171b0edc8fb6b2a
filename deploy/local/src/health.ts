import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js'
import type { TlsFiles } from './pki.ts'

// grpc.health.v1.HealthCheckResponse with status SERVING: field 1, varint 1.
const serving = Buffer.from([0x08, 0x01])

/**
 * Asks the services port, with a certificate of the room, whether the process there is ready.
 * @param service a gRPC service of it that has its own state
 */
export function healthCheck(address: string, tls: TlsFiles, service = ''): () => Promise<boolean> {
  return async () => {
    // Asked many times before it starts to listen; a TLS client for each of them costs more than the start itself.
    if (!(await isListening(address))) return false
    // A connection of its own each time: one that failed would make the next question wait.
    const client = new Client(address, credentialsOf(tls), {
      'grpc.enable_http_proxy': 0,
      'grpc.use_local_subchannel_pool': 1,
      // An IP address is no TLS server name (RFC 6066 §3); the certificate names both.
      'grpc.ssl_target_name_override': 'localhost',
    })
    try {
      return await check(client, requestFor(service))
    } finally {
      client.close()
    }
  }
}

function isListening(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 2_000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

/** grpc.health.v1.HealthCheckRequest: field 1, a string that is shorter than 128 bytes. */
function requestFor(service: string): Buffer {
  const name = Buffer.from(service)
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name])
}

function check(client: Client, question: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (request: Buffer) => request,
      (response: Buffer) => response,
      question,
      { deadline: Date.now() + 2_000 },
      (error, response) => resolve(error === null && response !== undefined && serving.equals(response)),
    )
  })
}

function credentialsOf({ ca, cert, key }: TlsFiles): ChannelCredentials {
  return credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert))
}
