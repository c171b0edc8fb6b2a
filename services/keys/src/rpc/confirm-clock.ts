import { ReinraumError } from '@reinraum/crypto'
import type { ConfirmClockRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { requireAdministrator } from '../caller-key.ts'
import { toleranceMs } from '../clock.ts'
import type { Site } from '../vault.ts'

/** What the clocks say, for an administrator to compare with a good one. */
export async function getClock(site: Site, context: RpcContext) {
  requireAdministrator(site, context)
  const { clock } = site
  return { now: BigInt(clock.now().getTime()), wall: BigInt(Math.floor(clock.wall())), sound: clock.isSound() }
}

/** Takes the machine's clock for right, if it still says what the administrator saw. @throws ReinraumError `conflict` */
export async function confirmClock(site: Site, { wall }: ConfirmClockRequest, context: RpcContext) {
  requireAdministrator(site, context)
  const now = site.clock.wall()
  // The seconds it takes to look are no jump.
  if (Math.abs(now - Number(wall)) > 12 * toleranceMs)
    throw new ReinraumError('conflict', "the machine's clock says something else by now")
  site.clock.confirm()
  site.log.warn(
    { wall: new Date(now).toISOString(), own: site.now().toISOString() },
    "an administrator has confirmed the machine's clock",
  )
  return {}
}
