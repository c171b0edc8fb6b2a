import { join } from 'node:path'
import type { Evidence } from '@reinraum/attestation'

/** Where everything of one room lies. */
export interface RoomFolder {
  readonly path: string
  readonly roomFile: string
  readonly lock: string
  readonly ports: string
  platform(tee: Evidence['tee']): string
  readonly pki: string
  readonly nats: { readonly config: string; readonly store: string; readonly users: string }
  config(service: string): string
  data(service: string): string
  rootKey(service: string): string
  readonly logs: string
  log(process: string): string
}

export function roomFolder(path: string): RoomFolder {
  return {
    path,
    roomFile: join(path, 'room.json'),
    lock: join(path, 'lock'),
    ports: join(path, 'ports.json'),
    platform: (tee) => join(path, tee === 'tdx' ? 'simulated-tdx-platform.json' : 'simulated-platform.json'),
    pki: join(path, 'pki'),
    nats: { config: join(path, 'nats', 'server.json'), store: join(path, 'nats', 'store'), users: join(path, 'nats', 'users') },
    config: (service) => join(path, 'services', fileNameOf(service), 'config.json'),
    data: (service) => join(path, 'services', fileNameOf(service), 'data'),
    rootKey: (service) => join(path, 'services', fileNameOf(service), 'root.key'),
    logs: join(path, 'logs'),
    log: (process) => join(path, 'logs', `${fileNameOf(process)}.log`),
  }
}

/** `keys/health-agency` → `keys-health-agency` */
export function fileNameOf(name: string): string {
  return name.replaceAll('/', '-')
}
