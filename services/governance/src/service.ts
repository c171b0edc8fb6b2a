import { governanceConsumers, type Kit, type Service, type ServiceConfig, startOutboxRelay } from '@reinraum/kit'
import { GovernanceService, RunDirectoryService } from '@reinraum/proto'
import { type Caller, implement, methodPath } from '@reinraum/rpc'
import { consumeDeadLetter, consumeEvent } from './consume-events.ts'
import type { Governance } from './governance.ts'
import { acceptContract } from './rpc/accept-contract.ts'
import { cancelRun } from './rpc/cancel-run.ts'
import { challengeExecutor } from './rpc/challenge-executor.ts'
import { decideQuery } from './rpc/decide-query.ts'
import { getContract } from './rpc/get-contract.ts'
import { getQuery } from './rpc/get-query.ts'
import { getRevocations } from './rpc/get-revocations.ts'
import { getRun } from './rpc/get-run.ts'
import { getRunBundle } from './rpc/get-run-bundle.ts'
import { listManifests } from './rpc/list-manifests.ts'
import { listQueries } from './rpc/list-queries.ts'
import { listRevocations } from './rpc/list-revocations.ts'
import { proposeContract } from './rpc/propose-contract.ts'
import { proposeQuery } from './rpc/propose-query.ts'
import { publishManifest } from './rpc/publish-manifest.ts'
import { revoke } from './rpc/revoke.ts'
import { startRun } from './rpc/start-run.ts'
import { watchRun } from './rpc/watch-run.ts'
import { createRunWatch } from './run-watch.ts'
import { openGovernanceStore } from './store.ts'
import { dispatch } from './work-queue.ts'

export async function startGovernance(_config: ServiceConfig, kit: Kit): Promise<Service> {
  const store = await openGovernanceStore(kit.dataPath('governance.sqlite'))
  const bus = await kit.connectBus()
  const governance: Governance = { store, bus, watch: createRunWatch(), now: () => new Date() }
  await store.transaction((trx) => dispatch(governance, trx))
  const relay = startOutboxRelay(store, bus, kit.log)
  const subscriptions = [
    await bus.consume({ ...governanceConsumers.events, handle: (event) => consumeEvent(governance, event) }),
    await bus.consume({ ...governanceConsumers.dead, handle: (event) => consumeDeadLetter(governance, event) }),
  ]
  await kit.serve(portsOf(governance))
  return {
    async stop() {
      for (const subscription of subscriptions) await subscription.stop()
      await relay.stop()
      await store.close()
    },
  }
}

/** What is served on which port, and to whom. */
export function portsOf(governance: Governance) {
  return {
    parties: { services: [partyApi(governance)] },
    services: { services: [serviceApi(governance)], allow: mayCall },
  }
}

/** Key services read revocations and nothing else; executors read both. */
function mayCall(caller: Caller, method: string): boolean {
  if (caller.kind !== 'service') return false
  if (caller.id === 'executor' || caller.id.startsWith('executor/')) return true
  return caller.id.startsWith('keys/') && method === methodPath(RunDirectoryService.method.getRevocations)
}

function partyApi(governance: Governance) {
  return implement(GovernanceService, {
    proposeContract: (request, context) => proposeContract(governance, request, context),
    acceptContract: (request, context) => acceptContract(governance, request, context),
    getContract: (request, context) => getContract(governance, request, context),
    publishManifest: (request, context) => publishManifest(governance, request, context),
    listManifests: (request, context) => listManifests(governance, request, context),
    proposeQuery: (request, context) => proposeQuery(governance, request, context),
    decideQuery: (request, context) => decideQuery(governance, request, context),
    getQuery: (request, context) => getQuery(governance, request, context),
    listQueries: (request, context) => listQueries(governance, request, context),
    startRun: (request, context) => startRun(governance, request, context),
    getRun: (request, context) => getRun(governance, request, context),
    watchRun: (request, context) => watchRun(governance, request, context),
    cancelRun: (request, context) => cancelRun(governance, request, context),
    revoke: (request, context) => revoke(governance, request, context),
    listRevocations: (request, context) => listRevocations(governance, request, context),
    challengeExecutor: (request, context) => challengeExecutor(governance, request, context),
  })
}

function serviceApi(governance: Governance) {
  return implement(RunDirectoryService, {
    getRunBundle: (request) => getRunBundle(governance, request),
    getRevocations: (request) => getRevocations(governance, request),
  })
}
