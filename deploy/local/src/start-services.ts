import { mkdir, rm } from 'node:fs/promises'
import { inOwnMemory } from './own-memory.ts'
import { writePrivateFile } from './private-file.ts'
import { supervisor } from './room-credentials.ts'
import { fileNameOf } from './room-folder.ts'
import { configOf, type ServiceKind, type Wiring } from './room-plan.ts'
import type { RoomSite } from './room-site.ts'
import { type ScratchFolder, scratchFolder } from './scratch-folder.ts'
import { superviseService } from './service-process.ts'

/** Executors first, so that no run is cut off from what it needs; governance last. */
const stopOrder: readonly (readonly ServiceKind[])[] = [['executor'], ['keys', 'release', 'ingestion'], ['governance']]

/** Writes each service's configuration and starts them all at once; they wait for each other where they need to. */
export async function startServices(site: RoomSite): Promise<void> {
  const { folder, options, services, address, credentials, natsAccess, processes, cleanup } = site
  options.onProgress?.(`Starting ${services.length} services`)
  const scratch = await scratchFolders(site)
  const { tls, seeds } = credentials
  const wiring: Wiring = {
    ...{ folder, services, address, natsAddress: natsAccess.address, tls, seeds, scratch },
    platformFile: site.platformFile,
    logLevel: options.logLevel ?? 'info',
  }
  const asker = tls.get(supervisor)
  if (asker === undefined) throw new TypeError('the supervisor has no certificate')
  for (const plan of services) {
    const { name, kind } = plan
    const { config } = configOf(plan, wiring)
    const configFile = folder.config(name)
    await mkdir(config.data, { recursive: true, mode: 0o700 })
    await writePrivateFile(configFile, JSON.stringify({ ...config, ...options.overrides?.[name] }, null, 2))
    const onUnexpectedExit = options.onUnexpectedExit ?? (() => {})
    const paths = { configFile, logFile: folder.log(name) }
    const run = kind === 'executor' ? await inOwnMemory() : 'exec "$0" "$@"'
    processes.set(name, superviseService({ name, kind, ...paths, address: address(name), tls: asker, run, onUnexpectedExit }))
  }
  options.signal?.throwIfAborted()
  cleanup.add(() => stopServices(site))
  await Promise.all(services.map(({ name }) => processes.get(name)?.start()))
}

async function scratchFolders({ folder, services, cleanup }: RoomSite): Promise<ReadonlyMap<string, ScratchFolder>> {
  const scratch = new Map<string, ScratchFolder>()
  for (const { name, kind } of services) {
    if (kind !== 'executor') continue
    const made = await scratchFolder(folder.path, fileNameOf(name))
    scratch.set(name, made)
    cleanup.add(() => rm(made.path, { recursive: true, force: true }))
  }
  return scratch
}

async function stopServices({ services, processes }: RoomSite): Promise<void> {
  for (const kinds of stopOrder) {
    await Promise.all(services.map(({ name, kind }) => (kinds.includes(kind) ? processes.get(name)?.stop() : undefined)))
  }
}
