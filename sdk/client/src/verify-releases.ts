import { ReinraumError } from '@reinraum/crypto'
import { chargeOf } from '@reinraum/privacy'
import {
  keyCustodyOf,
  type LedgerDebit,
  type Receipt,
  type Release,
  releasesNeeded,
  type Verified,
  type VerifiedRun,
  verifyRelease,
} from '@reinraum/statements'

/**
 * Verifies that the key services gave the keys of a run away, for this run and on the receipt's evidence: for each dataset
 * version as many of the key services that hold its key as the contract says it takes. Where the rule asks for noise all of
 * them did, and each debited what the query says that it spends, of every part of the data.
 * @throws ReinraumError `receipt-invalid`, and those of `verifyRelease`
 */
export async function verifyReleases(
  statements: readonly Uint8Array[],
  run: VerifiedRun,
  receipt: Verified<Receipt>,
): Promise<readonly Verified<Release>[]> {
  const releases = await Promise.all(statements.map((statement) => verifyRelease(statement, run.contract)))
  const ids = releases.map(({ id }) => id)
  if (ids.toSorted().join() !== receipt.document.releases.toSorted().join())
    throw new ReinraumError('receipt-invalid', 'the releases are not the ones that the receipt names')
  const holders = holdersBySlot(releases, run, receipt)
  for (const release of releases) requireDebits(release.document, run)
  for (const slot of run.contract.document.slots) {
    if (!run.manifests.has(slot.id)) continue
    const { services } = keyCustodyOf(slot)
    const released = services.filter((service) => holders.get(slot.id)?.has(service))
    if (released.length < releasesNeeded(slot))
      throw new ReinraumError('receipt-invalid', `too few key services released the key of ${slot.id}`)
  }
  return releases
}

/** Which key services released each slot's key, each counted once. */
function holdersBySlot(
  releases: readonly Verified<Release>[],
  run: VerifiedRun,
  receipt: Verified<Receipt>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const holders = new Map([...run.manifests.keys()].map((slot) => [slot, new Set<string>()]))
  for (const { document } of releases) {
    const { outcome, keyService } = document
    if (document.run !== run.run.id || outcome.decision !== 'released' || document.evidence !== receipt.document.evidence)
      throw new ReinraumError('receipt-invalid', 'a release belongs to another run or evidence')
    for (const { slot, manifest } of outcome.datasets) {
      if (run.manifests.get(slot)?.id === manifest) holders.get(slot)?.add(keyService)
    }
  }
  return holders
}

function requireDebits({ outcome }: Release, { contract, query, manifests }: VerifiedRun): void {
  if (outcome.decision !== 'released') return
  const due = outcome.datasets.flatMap(({ slot }) => {
    const noise = contract.document.slots.find(({ id }) => id === slot)?.rule.differentialPrivacy
    const lineage = manifests.get(slot)?.document.lineage
    const { privacy } = query.document
    if (noise === undefined) return []
    const priced = privacy === undefined ? undefined : chargeOf(noise, privacy)
    if (lineage === undefined || priced?.outcome !== 'charge') return [`${slot} is debited nothing`]
    return lineage.periods.map((period) => debitText({ slot, dataset: lineage.dataset, period, charge: priced.charge }))
  })
  const debited = (outcome.ledger ?? []).map(debitText)
  if (debited.toSorted().join() !== due.toSorted().join())
    throw new ReinraumError('receipt-invalid', 'a release debits something else than the query spends')
}

function debitText({ slot, dataset, period, charge }: Pick<LedgerDebit, 'slot' | 'dataset' | 'period' | 'charge'>): string {
  return `${slot} ${dataset} ${period} ${charge.epsilon} ${charge.delta}`
}
