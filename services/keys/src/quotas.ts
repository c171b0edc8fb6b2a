import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'

const count = z.int().min(1).max(1_000_000)

/** What one party, one run or one contract may make a key service hold or write. */
export const quotasSchema = z
  .strictObject({
    /** contracts that one party, or governance, brought here first */
    contractsPerParty: count.default(1000),
    /** data keys of one owner under one contract: one for each version of a dataset */
    dataKeysPerOwner: count.default(1000),
    /** nonces that are neither used nor expired, for one run, or for identities under one contract */
    noncesPerPurpose: count.default(64),
    /** nonces kept for identities, of those kept in all: whoever asks for identities never locks runs out */
    identityNonces: count.default(2000),
    /** of what was shown of one slot, in all: a run that would be compared with more gets no key. One answer holds all of it. */
    historyBytes: z
      .int()
      .min(1024)
      .max(16 * 1024 * 1024)
      .default(8 * 1024 * 1024),
    /** how often budgets are held for one run: as often as an executor tries */
    holdsPerRun: count.default(5),
    /** runs of one analyst under one contract for which budgets are held at a time */
    holdsPerAnalyst: count.default(16),
    /** signed denials of one contract in a minute; and of all contracts together that are unknown here */
    denialsPerMinute: count.default(60),
    /** identities under one contract in a minute */
    identitiesPerMinute: count.default(30),
  })
  .prefault({})
export type Quotas = z.infer<typeof quotasSchema>

export const minuteMs = 60_000

/** @throws ReinraumError `resource-exhausted` when as many as the quota allows are there already */
export function requireBelow(present: number, quota: number, what: string): void {
  if (present >= quota) throw new ReinraumError('resource-exhausted', `too many ${what}: no more than ${quota} are allowed`)
}
