import { provisionStreams } from '@reinraum/kit'
import { natsConfig } from './nats-config.ts'
import { connectNats, superviseNats } from './nats-process.ts'
import { writePrivateFile } from './private-file.ts'
import type { RoomSite } from './room-site.ts'

/** Starts the room's NATS and makes its streams and consumers, by a user who can do nothing else. */
export async function startNats(site: RoomSite): Promise<void> {
  const { folder, options, credentials, natsAccess, processes, cleanup } = site
  options.onProgress?.('Starting NATS')
  const tls = credentials.tls.get('nats')
  if (tls === undefined) throw new TypeError('NATS has no certificate')
  const config = natsConfig({ port: site.natsPort, tls, storeFolder: folder.nats.store, users: credentials.natsUsers })
  await writePrivateFile(folder.nats.config, config)
  const nats = await superviseNats({
    configFile: folder.nats.config,
    logFile: folder.log('nats'),
    cwd: folder.path,
    access: natsAccess,
    onUnexpectedExit: options.onUnexpectedExit ?? (() => {}),
  })
  options.signal?.throwIfAborted()
  processes.set('nats', nats)
  cleanup.add(() => nats.stop())
  await nats.start()
  const provisioner = await connectNats(natsAccess, 'provisioner')
  try {
    await provisionStreams(
      provisioner,
      site.services.map(({ name }) => name),
      options.redeliverAfterMs === undefined ? {} : { ackWaitMs: options.redeliverAfterMs },
    )
  } finally {
    await provisioner.close()
  }
}
