import type { Permissions } from '@reinraum/kit'
import type { TlsFiles } from './pki.ts'

/** bytes; an executor answers a challenge with evidence, whose bounds stay below it (evidence.proto) */
const maxPayload = 1024 * 1024

export interface NatsUser {
  /** public NKEY, `U…` */
  readonly nkey: string
  readonly permissions: Permissions
}

/**
 * The configuration of nats-server, as JSON (its format is a superset). There is no user without a key, and no user may do
 * more than its list says; JetStream writes each message to the disk before it acknowledges it.
 */
export function natsConfig(options: {
  readonly port: number
  readonly tls: TlsFiles
  readonly storeFolder: string
  readonly users: readonly NatsUser[]
}): string {
  const { port, tls, storeFolder, users } = options
  return `${JSON.stringify(
    {
      server_name: 'reinraum-local',
      listen: `127.0.0.1:${port}`,
      tls: { cert_file: tls.cert, key_file: tls.key, ca_file: tls.ca, min_version: '1.3', timeout: 5 },
      authorization: {
        timeout: 5,
        users: users.map(({ nkey, permissions }) => ({
          nkey,
          permissions: { publish: { allow: permissions.publish }, subscribe: { allow: permissions.subscribe } },
        })),
      },
      jetstream: { store_dir: storeFolder, sync_interval: 'always', max_memory_store: 1 << 26, max_file_store: 1 << 30 },
      max_payload: maxPayload,
      max_connections: 200,
      max_control_line: 4096,
      ping_interval: '20s',
      write_deadline: '5s',
      logtime: true,
    },
    null,
    2,
  )}\n`
}
