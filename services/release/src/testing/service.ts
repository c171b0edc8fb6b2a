import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openObjectFolder } from '@reinraum/kit'
import { createAuthority } from '@reinraum/pki'
import { ReleaseService, ResultIntakeService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import type { Identity } from '@reinraum/statements'
import { openServicePorts } from '@reinraum/testing'
import { sql } from 'kysely'
import { onTestFinished } from 'vitest'
import { createIntake } from '../intake.ts'
import { type Release, type ReleaseLimits, releaseLimits } from '../release.ts'
import { portsOf } from '../service.ts'
import { openReleaseStore } from '../store.ts'

const authority = createAuthority()

export interface RunningRelease extends Release {
  readonly folder: string
  party(identity: Identity): Client<typeof ReleaseService>
  service(id?: string): Client<typeof ResultIntakeService>
  /** What waits for the bus, as `noun.verb`. */
  events(): Promise<string[]>
  stop(): Promise<void>
}

/** The service on real ports, over a folder that outlives it when given. */
export async function startRelease(
  options: { readonly folder?: string; readonly limits?: Partial<ReleaseLimits>; readonly now?: () => Date } = {},
): Promise<RunningRelease> {
  const folder = options.folder ?? (await temporaryFolder())
  const store = await openReleaseStore(join(folder, 'release.db'))
  const objects = await openObjectFolder(join(folder, 'objects'))
  const now = options.now ?? (() => new Date())
  const intake = createIntake({ store, objects, now })
  await intake.dropInterrupted()
  const release: Release = { store, objects, intake, limits: { ...releaseLimits, ...options.limits }, now }
  const ports = await openServicePorts({
    id: 'release',
    authority,
    ports: portsOf(release),
    called: { parties: ReleaseService, services: ResultIntakeService },
  })
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      await ports.stop()
      await store.close()
    })()
    return stopped
  }
  onTestFinished(stop)
  return {
    ...release,
    folder,
    party: ports.party,
    service: (id = 'executor') => ports.service(id),
    async events() {
      const { rows } = await sql<{ subject: string }>`select subject from outbox order by sequence`.execute(store.db)
      return rows.map(({ subject }) => subject.split('.').slice(-2).join('.'))
    },
    stop,
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-release-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
