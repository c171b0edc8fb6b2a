import { permissionsOf } from '@reinraum/kit'
import type { NatsUser } from './nats-config.ts'
import { openNatsUser } from './nats-users.ts'
import { type Authority, openAuthority, type TlsFiles } from './pki.ts'
import { fileNameOf, type RoomFolder } from './room-folder.ts'
import type { ServicePlan } from './room-plan.ts'

/** Who asks the services after their health. */
export const supervisor = 'supervisor'
/** The NATS user who may do everything, where a test wants one. */
export const natsAdminUser = 'admin'

export interface RoomCredentials {
  readonly authority: Authority
  /** `nats`, the supervisor, and each service → its certificate */
  readonly tls: ReadonlyMap<string, TlsFiles>
  readonly natsUsers: readonly NatsUser[]
  /** name of a NATS user → file with its seed */
  readonly seeds: ReadonlyMap<string, string>
}

/** A fresh certificate for each process of the room, and a NATS user that may do what the service needs. */
export async function openCredentials(
  folder: RoomFolder,
  services: readonly ServicePlan[],
  { natsAdmin }: { readonly natsAdmin: boolean },
): Promise<RoomCredentials> {
  const authority = await openAuthority(folder.pki)
  const tls = new Map<string, TlsFiles>()
  for (const name of ['nats', supervisor]) tls.set(name, await authority.issue(name))
  for (const { name, certifiedAs } of services) tls.set(name, await authority.issue(certifiedAs, fileNameOf(name)))

  const seeds = new Map<string, string>()
  const natsUsers: NatsUser[] = []
  for (const name of [...services.map((service) => service.name), 'provisioner', ...(natsAdmin ? [natsAdminUser] : [])]) {
    const { nkey, seedFile } = await openNatsUser(folder.nats.users, fileNameOf(name))
    seeds.set(name, seedFile)
    natsUsers.push({ nkey, permissions: name === natsAdminUser ? { publish: ['>'], subscribe: ['>'] } : permissionsOf(name) })
  }
  return { authority, tls, natsUsers, seeds }
}
