import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Room, roomSchema } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import { acquireLock } from '../bootstrap/lock-file.mjs'
import { createCleanup } from './cleanup.ts'
import { healthCheck } from './health.ts'
import type { LocalRoom } from './local-room.ts'
import { connectNats } from './nats-process.ts'
import { writePublicFile } from './private-file.ts'
import { referenceValuesFor, rootOf } from './reference-values.ts'
import { natsAdminUser, supervisor } from './room-credentials.ts'
import { fileNameOf, roomFolder } from './room-folder.ts'
import type { RoomOptions } from './room-options.ts'
import { partiesPort } from './room-plan.ts'
import { prepareSite, type RoomSite } from './room-site.ts'
import { startNats } from './start-nats.ts'
import { startServices } from './start-services.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/**
 * Starts a room on this machine: a certificate authority, NATS, and each service as a process of its own. Nothing of it
 * outlives this process.
 * @throws ReinraumError `conflict` when another process runs a room in that directory; `unavailable` when a part does not
 *   start, with the end of its log; the signal's reason when it was aborted
 */
export async function startRoom(options: RoomOptions): Promise<LocalRoom> {
  const { signal } = options
  const folder = roomFolder(resolve(options.directory))
  await mkdir(folder.path, { recursive: true, mode: 0o700 })
  signal?.throwIfAborted()
  const lock = acquireLock(folder.lock)
  if (lock.holder !== undefined) {
    throw new ReinraumError('conflict', `process ${lock.holder} runs a room in ${folder.path} already`)
  }
  const cleanup = createCleanup()
  cleanup.add(lock.release)
  let interrupt = (): void => {}
  try {
    const site = await prepareSite(folder, options, cleanup)
    // A process that is killed while it starts ends the wait for it; nothing is half done that the next start minds.
    interrupt = () => {
      for (const process of site.processes.values()) void process.kill()
    }
    signal?.addEventListener('abort', interrupt)
    signal?.throwIfAborted()
    await startNats(site)
    await startServices(site)
    signal?.throwIfAborted()
    return await describeRoom(site)
  } catch (error) {
    await cleanup.run()
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
}

async function describeRoom(site: RoomSite): Promise<LocalRoom> {
  const { folder, tee, platform, measurements, credentials, natsAccess, processes } = site
  const room = roomOf(site)
  await writePublicFile(folder.roomFile, `${JSON.stringify(room, null, 2)}\n`)
  const processNamed = (name: string): SupervisedProcess => {
    const found = processes.get(name)
    if (found === undefined) throw new ReinraumError('not-found', `this room has no process ${name}`)
    return found
  }
  return {
    directory: folder.path,
    roomFile: folder.roomFile,
    room,
    services: processes,
    platform: { tee, file: site.platformFile, rootSha256: rootOf(platform), measurements },
    referenceValues: () => ({
      executor: referenceValuesFor(platform, measurements.executor),
      keys: referenceValuesFor(platform, measurements.keys),
    }),
    kill: async (name) => await processNamed(name).kill(),
    restart: async (name) => await processNamed(name).restart(),
    serves: async (name, grpcService) => {
      const asker = credentials.tls.get(supervisor)
      return asker !== undefined && (await healthCheck(site.address(name), asker, grpcService)())
    },
    stop: () => site.cleanup.run(),
    natsAdmin: () => connectNats(natsAccess, natsAdminUser),
    natsAs: (name) => connectNats(natsAccess, name),
    certificateFor: (id) => credentials.authority.issue(id, `issued-${fileNameOf(id)}-${crypto.randomUUID().slice(0, 8)}`),
  }
}

function roomOf({ services, address, credentials }: RoomSite): Room {
  const keyServices = services.flatMap(({ name, keyService }) =>
    keyService === undefined ? [] : [[keyService.id, address(partiesPort(name))] as const],
  )
  return roomSchema.parse({
    kind: 'reinraum/room/v1',
    ca: credentials.authority.ca,
    governance: address(partiesPort('governance')),
    ingestion: address(partiesPort('ingestion')),
    release: address(partiesPort('release')),
    keyServices: Object.fromEntries(keyServices),
  })
}
