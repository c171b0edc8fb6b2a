import { type Charge, fits, nothing, type PrivacyRule, timesWithin } from '@reinraum/privacy'
import type { Privacy, VerifiedContract } from '@reinraum/statements'
import { listManifests } from '../manifests.ts'
import type { Session } from '../session.ts'
import { type LedgerRecord, readLedgers } from './read-ledgers.ts'

/** What a query would spend of one ledger. */
export interface BudgetCheck {
  readonly ledger: LedgerRecord
  /** null where it fits under no circumstances: it says less than the accounting counts by, or nothing at all */
  readonly cost: Charge | null
  readonly fits: boolean
  /** how many such queries fit one after the other, from what is left now */
  readonly times: number
  /** the most that it could say instead; null where it fits, or nothing does, as of a ledger that is locked */
  readonly wouldFit: Privacy | null
}

export interface BudgetChecks {
  /** of each part of the newest version of each dataset that asks for noise, at each key service that counts it */
  readonly ledgers: readonly BudgetCheck[]
  /** slots that ask for noise, of which nothing is sealed yet: nobody knows which ledgers will be theirs */
  readonly unsealed: readonly string[]
}

/**
 * Whether a query over these slots would still fit, as a run over the newest versions would spend it. Read as `readLedgers`
 * reads them, and decided as key services do; what others spend in the meantime is for them to say.
 */
export async function checkBudget(
  session: Session,
  contract: VerifiedContract,
  query: { readonly slots: readonly string[]; readonly privacy: Privacy | undefined },
): Promise<BudgetChecks> {
  const asking = contract.document.slots.filter(
    ({ id, rule }) => query.slots.includes(id) && rule.differentialPrivacy !== undefined,
  )
  if (asking.length === 0) return { ledgers: [], unsealed: [] }
  const [versions, records] = await Promise.all([listManifests(session, contract), readLedgers(session, contract)])
  const unsealed: string[] = []
  const ledgers: BudgetCheck[] = []
  for (const { id, rule } of asking) {
    const lineage = versions.findLast(({ document }) => document.slot === id)?.document.lineage
    if (lineage === undefined) unsealed.push(id)
    for (const ledger of records) {
      const { dataset, period } = ledger.name
      const isRead = ledger.slot === id && dataset === lineage?.dataset && lineage.periods.includes(period)
      if (isRead && rule.differentialPrivacy !== undefined)
        ledgers.push(checkLedger(ledger, rule.differentialPrivacy, query.privacy))
    }
  }
  return { ledgers, unsealed }
}

/** What a query that spends so much would do to this ledger. */
export function checkLedger(ledger: LedgerRecord, noise: PrivacyRule, privacy: Privacy | undefined): BudgetCheck {
  const none = { ledger, cost: null, fits: false, times: 0, wouldFit: ledger.fits }
  // Of a ledger that is not to be relied on nothing is known to be left.
  if (privacy === undefined || ledger.broken !== null) return none
  const alone = fits(noise, nothing, privacy)
  if (alone.outcome === 'refused') return none
  const cost = alone.charge
  if (ledger.locked !== null) return { ...none, cost, wouldFit: null }
  const fit = fits(noise, ledger.spent, privacy)
  if (fit.outcome === 'fits') return { ledger, cost, fits: true, times: timesWithin(cost, ledger.left) ?? 0, wouldFit: null }
  return { ledger, cost, fits: false, times: 0, wouldFit: fit.shortfall?.wouldFit ?? null }
}
