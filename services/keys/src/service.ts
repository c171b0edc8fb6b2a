import { dirname } from 'node:path'
import {
  forbidCoreDumps,
  type Kit,
  keysConsumers,
  openAttester,
  type PortServices,
  type Service,
  startOutboxRelay,
} from '@reinraum/kit'
import {
  type GetServiceEvidenceRequest,
  KeyAdministrationService,
  KeyImportService,
  KeyReleaseService,
  KeysService,
  LedgerService,
  RecoveryService,
  SealService,
  WorkloadIdentityService,
} from '@reinraum/proto'
import { type Caller, implement, methodPath } from '@reinraum/rpc'
import { startDestructionTimer } from './administration/destruction-timer.ts'
import { removeLeftovers, storeName } from './backup/backup-files.ts'
import { hasPending, openPendingRestore } from './backup/pending-restore.ts'
import { type ClockSources, newestDecision, rememberTime, startClock, systemClock } from './clock.ts'
import type { KeysConfig } from './config.ts'
import { connectDirectory } from './directory.ts'
import { readNamedParties } from './named-parties.ts'
import { partiesPortBounds, servicesPortBounds } from './port-bounds.ts'
import { startRevocationLookups } from './revocation-lookups.ts'
import { openRootKeySources } from './root-key/open-root-key-source.ts'
import { appendHistory } from './rpc/append-history.ts'
import { applyRevocation } from './rpc/apply-revocation.ts'
import { cancelDestruction } from './rpc/cancel-destruction.ts'
import { confirmClock, getClock } from './rpc/confirm-clock.ts'
import { confirmLog } from './rpc/confirm-log.ts'
import { createBackup } from './rpc/create-backup.ts'
import { describeKey } from './rpc/describe-key.ts'
import { destroyKey } from './rpc/destroy-key.ts'
import { getImportKey } from './rpc/get-import-key.ts'
import { getKey } from './rpc/get-key.ts'
import { getLedger } from './rpc/get-ledger.ts'
import { getLogState } from './rpc/get-log-state.ts'
import { getSealStatus } from './rpc/get-seal-status.ts'
import { getServiceEvidence } from './rpc/get-service-evidence.ts'
import { getTrustBundle } from './rpc/get-trust-bundle.ts'
import { getUnsealShare } from './rpc/get-unseal-share.ts'
import { holdBudget } from './rpc/hold-budget.ts'
import { importKey } from './rpc/import-key.ts'
import { importWrappedKey } from './rpc/import-wrapped-key.ts'
import { issueIdentity } from './rpc/issue-identity.ts'
import { issueIdentityNonce } from './rpc/issue-identity-nonce.ts'
import { issueNonce } from './rpc/issue-nonce.ts'
import { listAdministration } from './rpc/list-administration.ts'
import { listKeys } from './rpc/list-keys.ts'
import { listLedgerEntries } from './rpc/list-ledger-entries.ts'
import { listReleases } from './rpc/list-releases.ts'
import { presentReleases } from './rpc/present-releases.ts'
import { readHistory } from './rpc/read-history.ts'
import { releaseKeys } from './rpc/release-keys.ts'
import { renewLease } from './rpc/renew-lease.ts'
import { reshare } from './rpc/reshare.ts'
import { rewrapKeys } from './rpc/rewrap-keys.ts'
import { rotateImportKey } from './rpc/rotate-import-key.ts'
import { rotateWrappingKey } from './rpc/rotate-wrapping-key.ts'
import { seal } from './rpc/seal.ts'
import { setMinimumVersion } from './rpc/set-minimum-version.ts'
import { unseal } from './rpc/unseal.ts'
import { type KeyService, startKeyService } from './seal/key-service.ts'
import { openKeysStore } from './store.ts'
import type { Site, Vault } from './vault.ts'

/** Starts a key service: opens its store and, where that needs nobody, its keys; hears of revocations; answers on its two ports. */
export async function startKeys(config: KeysConfig, kit: Kit, sources: ClockSources = systemClock): Promise<Service> {
  await forbidCoreDumps()
  const service = await openKeyService(config, kit, sources)
  const { store, log } = service.site
  const bus = await kit.connectBus()
  const outbox = startOutboxRelay(store, bus, log)
  const lookups = startRevocationLookups(service)
  const destructions = startDestructionTimer(service)
  const revocations = await bus.consume({ ...keysConsumers(config.id).revocations, handle: (event) => lookups.note(event) })
  const ports = portsOf(service)
  sayHealth(service, ports, kit)
  await kit.serve(ports)
  return {
    async stop() {
      await revocations.stop()
      await lookups.stop()
      await destructions.stop()
      await outbox.stop()
      await closeKeyService(service)
    },
  }
}

/** A sealed service is alive, and serves nothing but its unsealing. */
function sayHealth(service: KeyService, { parties, services }: PortServices, { setHealth }: Pick<Kit, 'setHealth'>): void {
  const answering = [...(parties?.services ?? []), ...services.services].map((own) => own.service.typeName)
  const say = (sealed: boolean) => {
    for (const name of answering) setHealth(name, !sealed || name === SealService.typeName)
  }
  say(service.isSealed())
  service.onChange(say)
}

/** Opens what a key service holds. The root key is made at the first start only, together with the service's own keys. */
export async function openKeyService(
  config: KeysConfig,
  kit: Pick<Kit, 'log' | 'tls' | 'dataPath'>,
  sources: ClockSources,
): Promise<KeyService> {
  const administrators = await readNamedParties(config.administrators)
  const store = await openKeysStore(kit.dataPath(storeName))
  // Only who has the store: what looks left over may be a backup that another instance is making.
  await removeLeftovers(dirname(kit.dataPath(storeName)))
  const clock = startClock(sources, await newestDecision(store.db))
  if (!clock.isSound()) kit.log.warn("the machine's clock stands before this service's last decision: nothing is released")
  const site: Site = {
    id: config.keyServiceId,
    custody: config.custody,
    operator: config.operator ?? null,
    identitySuite: config.identitySuite ?? null,
    administrators: administrators.map(({ signing }) => signing.ed25519.x),
    minimumDestructionDelayMs: config.minimumDestructionDelayMs,
    attester: config.attester === undefined ? null : await openAttester(config.attester, 'keys', kit.log),
    directory: connectDirectory(config.governance, kit.tls),
    store,
    dataPath: kit.dataPath,
    log: kit.log,
    quotas: config.quotas,
    identityLifetimeMs: config.workloadIdentity.lifetimeSeconds * 1000,
    clock,
    now: clock.now,
  }
  try {
    const rootKeys = await openRootKeySources(config, { ...site, restores: hasPending(kit.dataPath) })
    return await startKeyService(site, rootKeys, await openPendingRestore(site, rootKeys))
  } catch (error) {
    await closeSite(site)
    throw error
  }
}

export async function closeKeyService(service: KeyService): Promise<void> {
  await service.close()
  const { store, log, now } = service.site
  // A full disk does not keep a service from stopping.
  await rememberTime(store.db, now()).catch((error: unknown) => log.warn({ err: error }, 'the time of stopping is not kept'))
  await closeSite(service.site)
}

async function closeSite(site: Site): Promise<void> {
  site.directory.close()
  await site.store.close()
}

/** What is answered to whom: owners and other members on one port, executors on the other. While sealed, `SealService` alone. */
export function portsOf(service: KeyService) {
  const open =
    <A extends readonly unknown[], R>(handle: (vault: Vault, ...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      service.use((vault) => handle(vault, ...args))
  const forHolders = implement(SealService, {
    getSealStatus: (request) => getSealStatus(service, request),
    getUnsealShare: (_, context) => getUnsealShare(service, context),
    unseal: (request, context) => unseal(service, request, context),
    seal: (_, context) => seal(service, context),
    reshare: (request, context) => reshare(service, request, context),
  })
  const forParties = implement(KeysService, {
    getServiceEvidence: open((vault, request: GetServiceEvidenceRequest) => getServiceEvidence(service, vault, request)),
    importKey: open(importKey),
    describeKey: open(describeKey),
    applyRevocation: open(applyRevocation),
    listReleases: open(listReleases),
  })
  const forHsms = implement(KeyImportService, {
    getImportKey: open(getImportKey),
    rotateImportKey: open(rotateImportKey),
    importWrappedKey: open(importWrappedKey),
  })
  const forOwners = implement(KeyAdministrationService, {
    listKeys: open(listKeys),
    getKey: open(getKey),
    rotateWrappingKey: open(rotateWrappingKey),
    rewrapKeys: open(rewrapKeys),
    setMinimumVersion: open(setMinimumVersion),
    destroyKey: open(destroyKey),
    cancelDestruction: open(cancelDestruction),
    listAdministration: open(listAdministration),
  })
  const forSpenders = implement(LedgerService, {
    getLedger: open(getLedger),
    listLedgerEntries: open(listLedgerEntries),
  })
  const forRecovery = implement(RecoveryService, {
    createBackup: (request, context) => createBackup(service, request, context),
    getLogState: open(getLogState),
    presentReleases: open(presentReleases),
    confirmLog: open(confirmLog),
    getClock: (_, context) => getClock(service.site, context),
    confirmClock: (request, context) => confirmClock(service.site, request, context),
  })
  const forExecutors = implement(KeyReleaseService, {
    issueNonce: open(issueNonce),
    holdBudget: open(holdBudget),
    releaseKeys: open(releaseKeys),
    renewLease: open(renewLease),
    readHistory: open(readHistory),
    appendHistory: open(appendHistory),
  })
  const forWorkloads = implement(WorkloadIdentityService, {
    issueIdentityNonce: open(issueIdentityNonce),
    issueIdentity: open(issueIdentity),
    getTrustBundle: open(getTrustBundle),
  })
  return {
    parties: { ...partiesPortBounds, services: [forHolders, forParties, forHsms, forOwners, forSpenders, forRecovery] },
    // The channel opens nothing by itself, but nobody else has any business here.
    services: { ...servicesPortBounds, services: [forExecutors, forWorkloads], allow: allowOnServicesPort },
  } satisfies PortServices
}

/** Whom executors' identities can be believed from is for every service to know; all else is for executors. */
function allowOnServicesPort(caller: Caller, method: string): boolean {
  if (caller.kind !== 'service') return false
  return caller.id === 'executor' || method === trustBundleMethod
}

const trustBundleMethod = methodPath(WorkloadIdentityService.method.getTrustBundle)
