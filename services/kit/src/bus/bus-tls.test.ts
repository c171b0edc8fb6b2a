import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { testLog } from '../testing/test-log.ts'
import { startTestNats, type TestNats } from '../testing/test-nats.ts'
import { busGroups } from './bus-tls.ts'
import { connectBus } from './connect-bus.ts'

let nats: TestNats

beforeAll(async () => {
  nats = await startTestNats(['governance'])
})

afterAll(() => nats.stop())

test('the bus speaks TLS 1.3, offers the hybrid first, and takes what the server knows', async () => {
  const sockets: TLSSocket[] = []
  const offered: unknown[] = []
  const connect = tls.connect.bind(tls)
  const watched = vi.spyOn(tls, 'connect').mockImplementation(((options: tls.ConnectionOptions, ...rest: []) => {
    const socket = connect(options, ...rest)
    sockets.push(socket)
    offered.push(options.ecdhCurve)
    return socket
  }) as typeof tls.connect)
  onTestFinished(() => watched.mockRestore())
  const bus = await connectBus(nats.config('governance'), testLog().log)
  onTestFinished(() => bus.close())
  expect(offered).toEqual(['X25519MLKEM768:X25519'])
  expect(sockets.map((socket) => socket.getProtocol())).toEqual(['TLSv1.3'])
  const [agreed] = sockets.map((socket) => socket.getEphemeralKeyInfo())
  // With a server that knows the hybrid this is X25519MLKEM768, and `busGroups` no longer needs the curve.
  expect(agreed).toMatchObject({ name: (await knowsHybrid()) ? 'X25519MLKEM768' : 'X25519' })
  expect(busGroups[0]).toBe('X25519MLKEM768')
})

/** Whether this nats-server agrees on the hybrid when it is all there is. */
async function knowsHybrid(): Promise<boolean> {
  const { nats: access } = nats.config('governance')
  const { port } = new URL(nats.url)
  const tcp = connectTcp(Number(port), '127.0.0.1')
  await greeted(tcp)
  return new Promise((resolve) => {
    const socket = tls.connect({ socket: tcp, host: '127.0.0.1', ca: readFileSync(access.ca), ecdhCurve: 'X25519MLKEM768' })
    const answer = (known: boolean) => {
      resolve(known)
      socket.destroy()
      tcp.destroy()
    }
    socket.once('secureConnect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

/** NATS says who it is in the clear before the handshake. */
function greeted(tcp: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    tcp.once('data', () => resolve())
    tcp.once('error', reject)
  })
}
