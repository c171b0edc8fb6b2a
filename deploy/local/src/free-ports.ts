import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { acquireLock } from '../bootstrap/lock-file.mjs'

// Below the range from which Linux takes the ports of outgoing connections (32768 on), so that none of those is in the way
// when a service binds its port, or binds it again after a restart.
const lowest = 20_000
const highest = 32_000
const reservations = join(tmpdir(), `reinraum-ports-${userInfo().uid}`)

export interface PortReservation {
  readonly ports: Readonly<Record<string, number>>
  release(): void
}

/**
 * Finds a free loopback port for each name and keeps other rooms on this machine away from it: between the moment it was
 * found free and the moment the service binds it, a second room would find it free as well.
 * @param wanted ports of an earlier start, taken again where they are free
 * @throws ReinraumError `resource-exhausted`
 */
export async function reservePorts(
  names: readonly string[],
  wanted: Readonly<Record<string, number>> = {},
): Promise<PortReservation> {
  const ports: Record<string, number> = {}
  const locks: { release(): void }[] = []
  const release = () => {
    for (const lock of locks.splice(0)) lock.release()
  }
  try {
    for (const name of names) {
      const { port, lock } = await reserveOne(wanted[name])
      ports[name] = port
      locks.push(lock)
    }
  } catch (error) {
    release()
    throw error
  }
  return { ports, release }
}

async function reserveOne(wanted: number | undefined) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = attempt === 0 && wanted !== undefined ? wanted : randomInt(lowest, highest)
    const lock = acquireLock(join(reservations, `${port}`))
    if (lock.holder !== undefined) continue
    if (await isFree(port)) return { port, lock }
    lock.release()
  }
  throw new ReinraumError('resource-exhausted', `no free port between ${lowest} and ${highest} on this machine`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
