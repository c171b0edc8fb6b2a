import { type Kit, keysConsumers, openAttester, type PortServices, type Service, startOutboxRelay } from '@reinraum/kit'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { type Caller, implement } from '@reinraum/rpc'
import type { KeysConfig } from './config.ts'
import { connectDirectory } from './directory.ts'
import { startRevocationLookups } from './revocation-lookups.ts'
import { openFileRootKey } from './root-key/file-root-key.ts'
import { applyRevocation } from './rpc/apply-revocation.ts'
import { describeKey } from './rpc/describe-key.ts'
import { getServiceEvidence } from './rpc/get-service-evidence.ts'
import { importKey } from './rpc/import-key.ts'
import { issueNonce } from './rpc/issue-nonce.ts'
import { listReleases } from './rpc/list-releases.ts'
import { releaseKeys } from './rpc/release-keys.ts'
import { renewLease } from './rpc/renew-lease.ts'
import { closeServiceIdentity, hasServiceIdentity, openServiceIdentity } from './service-identity.ts'
import { openKeysStore } from './store.ts'
import type { Vault } from './vault.ts'

/** Starts a key service: opens its store and its keys, hears of revocations, and answers on its two ports. */
export async function startKeys(config: KeysConfig, kit: Kit, now: () => Date = () => new Date()): Promise<Service> {
  const vault = await openVault(config, kit, now)
  const bus = await kit.connectBus()
  const outbox = startOutboxRelay(vault.store, bus, vault.log)
  const lookups = startRevocationLookups(vault)
  const revocations = await bus.consume({ ...keysConsumers(config.id).revocations, handle: (event) => lookups.note(event) })
  await kit.serve(portsOf(vault))
  return {
    async stop() {
      await revocations.stop()
      await lookups.stop()
      await outbox.stop()
      await closeVault(vault)
    },
  }
}

/** Opens what a key service holds. The root key is made at the first start only, together with the service's own keys. */
export async function openVault(config: KeysConfig, kit: Pick<Kit, 'log' | 'tls' | 'dataPath'>, now: () => Date): Promise<Vault> {
  const store = await openKeysStore(kit.dataPath('keys.sqlite'))
  const root = await openFileRootKey(config.rootKey, { create: !(await hasServiceIdentity(store)) })
  kit.log.warn('the root key is a file: for local development only, whoever reads it and the store has every data key')
  const identity = await openServiceIdentity(store, root, config.keyServiceId)
  const attester = config.attester === undefined ? null : await openAttester(config.attester, 'keys', kit.log)
  const directory = connectDirectory(config.governance, kit.tls)
  const { keyServiceId: id, custody, operator = null } = config
  return { id, custody, operator, root, identity, attester, directory, store, log: kit.log, now }
}

export async function closeVault(vault: Vault): Promise<void> {
  vault.directory.close()
  await vault.store.close()
  closeServiceIdentity(vault.identity)
  vault.root.close()
}

/** What is answered to whom: owners and other members on one port, executors on the other. */
export function portsOf(vault: Vault) {
  const forParties = implement(KeysService, {
    getServiceEvidence: (request) => getServiceEvidence(vault, request),
    importKey: (request, context) => importKey(vault, request, context),
    describeKey: (request, context) => describeKey(vault, request, context),
    applyRevocation: (request, context) => applyRevocation(vault, request, context),
    listReleases: (request, context) => listReleases(vault, request, context),
  })
  const forExecutors = implement(KeyReleaseService, {
    issueNonce: (request) => issueNonce(vault, request),
    releaseKeys: (request) => releaseKeys(vault, request),
    renewLease: (request) => renewLease(vault, request),
  })
  return {
    parties: { services: [forParties] },
    // The channel opens nothing by itself, but nobody else has any business here.
    services: { services: [forExecutors], allow: (caller: Caller) => caller.kind === 'service' && caller.id === 'executor' },
  } satisfies PortServices
}
