import { type Kit, openObjects, type Service, startOutboxRelay } from '@reinraum/kit'
import { ReleaseService, ResultIntakeService } from '@reinraum/proto'
import { type Caller, implement } from '@reinraum/rpc'
import type { ReleaseConfig } from './config.ts'
import { createIntake } from './intake.ts'
import { type Release, releaseLimits } from './release.ts'
import { depositResult } from './rpc/deposit-result.ts'
import { getDeposit } from './rpc/get-deposit.ts'
import { getResult } from './rpc/get-result.ts'
import { listReviews } from './rpc/list-reviews.ts'
import { readResult } from './rpc/read-result.ts'
import { submitReview } from './rpc/submit-review.ts'
import { openReleaseStore } from './store.ts'

export async function startRelease(config: ReleaseConfig, kit: Kit): Promise<Service> {
  const store = await openReleaseStore(kit.dataPath('release.db'))
  const objects = await openObjects(config.objects ?? { kind: 'folder', path: kit.dataPath('objects') })
  const now = () => new Date()
  const intake = createIntake({ store, objects, now })
  await intake.dropInterrupted()
  const relay = startOutboxRelay(store, await kit.connectBus(), kit.log)
  await kit.serve(portsOf({ store, objects, intake, limits: releaseLimits, now }))
  return {
    async stop() {
      await relay.stop()
      await store.close()
    },
  }
}

export function portsOf(release: Release) {
  const parties = implement(ReleaseService, {
    getResult: getResult(release),
    readResult: readResult(release),
    listReviews: listReviews(release),
    submitReview: submitReview(release),
  })
  const services = implement(ResultIntakeService, { getDeposit: getDeposit(release), depositResult: depositResult(release) })
  return { parties: { services: [parties] }, services: { services: [services], allow: isExecutor } }
}

function isExecutor(caller: Caller): boolean {
  return caller.kind === 'service' && caller.id === 'executor'
}
