import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LocalRoom, type RoomOptions, startRoom } from '@reinraum/local'
import { inject } from 'vitest'

const kept = fileURLToPath(new URL('../../.local/e2e', import.meta.url))

export interface TestRoom extends LocalRoom {
  /** What the processes warned of, newest last. */
  warnings(): Promise<string>
  /** Copies the logs to a folder that stays. */
  keepLogs(): Promise<string>
}

export type TestRoomOptions = Omit<RoomOptions, 'directory' | 'platformFile' | 'natsAdmin'>

/**
 * Starts a room in a temporary folder, which `stop` removes. All test rooms of one kind share one simulated platform, because
 * making one takes seconds.
 */
export async function startTestRoom(options: TestRoomOptions = {}): Promise<TestRoom> {
  const directory = await mkdtemp(join(inject('roomsFolder'), 'room-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  let room: LocalRoom
  try {
    const platformFile = join(kept, options.platform === 'tdx' ? 'simulated-tdx-platform.json' : 'simulated-platform.json')
    room = await startRoom({ keyServices: twoCustodies, ...options, directory, platformFile, natsAdmin: true })
  } catch (error) {
    await keepLogs(directory)
    await remove()
    throw error
  }
  return {
    ...room,
    warnings: () => warningsIn(directory),
    keepLogs: () => keepLogs(directory),
    async stop() {
      await room.stop()
      await remove()
    },
  }
}

/** One owner runs its own key service, another is shared and attested. */
const twoCustodies = [
  { id: 'health-keys', custody: 'owner', operator: 'health' },
  { id: 'shared-keys', custody: 'attested' },
] as const

async function warningsIn(directory: string): Promise<string> {
  const logs = join(directory, 'logs')
  const parts: string[] = []
  for (const file of (await readdir(logs).catch(() => [])).sort()) {
    const lines = (await readFile(join(logs, file), 'utf8')).split('\n').filter((line) => line !== '' && !isQuiet(line))
    if (lines.length > 0) parts.push(`${file}\n${lines.slice(-10).join('\n')}`)
  }
  return parts.join('\n\n')
}

/** Information of a service, and what nats-server says at level INF. */
function isQuiet(line: string): boolean {
  return /"level":"(info|debug)"/.test(line) || line.includes('[INF]')
}

async function keepLogs(directory: string): Promise<string> {
  const target = join(kept, 'failed', basename(directory))
  await mkdir(target, { recursive: true })
  await cp(join(directory, 'logs'), target, { recursive: true }).catch(() => {})
  return target
}
