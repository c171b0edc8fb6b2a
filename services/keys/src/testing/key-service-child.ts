import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { getHeapSnapshot } from 'node:v8'
import { createLog } from '@reinraum/kit'
import { restoreAuthority } from '@reinraum/pki'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { openServicePorts } from '@reinraum/testing'
import { systemClock } from '../clock.ts'
import { keysConfigSchema } from '../config.ts'
import { openKeyService, portsOf } from '../service.ts'

// A key service in a process of its own, without its bus: for tests that kill it or look into its memory from outside.

export interface ChildStart {
  readonly config: unknown
  readonly authority: { readonly ca: string; readonly key: string }
}
export type ChildRequest = { readonly snapshot: string } | { readonly seal: true }

process.once('message', (start: ChildStart) => void serve(start))

async function serve(start: ChildStart): Promise<void> {
  const config = keysConfigSchema.parse(start.config)
  const authority = restoreAuthority({ ca: Buffer.from(start.authority.ca), key: Buffer.from(start.authority.key) })
  if (authority === undefined) throw new Error('the authority is too old')
  const tls = authority.issue(`spiffe://reinraum/${config.id}`, '127.0.0.1')
  const kit = { log: createLog(config.log, config.id), tls, dataPath: (name: string) => join(config.data, name) }
  const service = await openKeyService(config, kit, systemClock)
  const called = { parties: KeysService, services: KeyReleaseService }
  const { addresses } = await openServicePorts({ id: config.id, authority, ports: portsOf(service), called })
  process.on('message', async (request: ChildRequest) => {
    if ('seal' in request) await service.seal()
    else await pipeline(getHeapSnapshot(), createWriteStream(request.snapshot))
    process.send?.({ done: true })
  })
  process.send?.({ addresses })
}
