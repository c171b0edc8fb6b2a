import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { reservePorts } from './free-ports.ts'

const names = ['governance', 'keys/a', 'nats']

test('rooms that start at the same moment never get the same port', async () => {
  const rooms = await Promise.all(Array.from({ length: 10 }, () => reservePorts(names)))
  onTestFinished(() =>
    rooms.forEach((room) => {
      room.release()
    }),
  )
  const ports = rooms.flatMap((room) => Object.values(room.ports))
  expect(new Set(ports).size).toBe(30)
})

test('a room gets its ports of last time again', async () => {
  const first = await reservePorts(names)
  first.release()
  const second = await reservePorts(names, first.ports)
  onTestFinished(() => second.release())
  expect(second.ports).toEqual(first.ports)
})

test('of two rooms that want the same ports, one gets them', async () => {
  const first = await reservePorts(names)
  first.release()
  const rooms = await Promise.all([reservePorts(names, first.ports), reservePorts(names, first.ports)])
  onTestFinished(() =>
    rooms.forEach((room) => {
      room.release()
    }),
  )
  const ports = rooms.flatMap((room) => Object.values(room.ports))
  expect(new Set(ports).size).toBe(6)
  expect(ports).toEqual(expect.arrayContaining(Object.values(first.ports)))
})

test('a port that somebody else took meanwhile is replaced', async () => {
  const first = await reservePorts(['governance'])
  first.release()
  const other = createServer().listen(first.ports.governance, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  onTestFinished(() => void other.close())
  const second = await reservePorts(['governance'], first.ports)
  onTestFinished(() => second.release())
  expect(second.ports.governance).not.toBe(first.ports.governance)
})
