import {
  type Contract,
  type DifferentialPrivacy,
  type DigestId,
  type LedgerName,
  ledgerId,
  ledgerNameOf,
  type Manifest,
  type VerifiedRun,
} from '@reinraum/statements'

/** A ledger that a run is debited from: of one part of the data in one slot. */
export interface LedgerOfRun {
  readonly slot: string
  readonly manifest: DigestId
  readonly noise: DifferentialPrivacy
  readonly name: LedgerName
  readonly id: DigestId
}

/** The ledgers of these slots, sorted by slot and period: one for each part of the data that the run's versions hold. */
export async function ledgersOfRun(
  { contract, manifests }: Pick<VerifiedRun, 'contract' | 'manifests'>,
  slots: readonly string[],
): Promise<readonly LedgerOfRun[]> {
  const asking = contract.document.slots.flatMap(({ id, rule }) =>
    slots.includes(id) && rule.differentialPrivacy !== undefined ? [{ id, noise: rule.differentialPrivacy }] : [],
  )
  const ledgers = asking.flatMap(({ id: slot, noise }) => {
    const manifest = manifests.get(slot)
    const { dataset, periods } = manifest?.document.lineage ?? {}
    // `verifyManifest` lets none through without.
    if (manifest === undefined || dataset === undefined || periods === undefined) throw new TypeError('a version of no dataset')
    return periods.map(async (period): Promise<LedgerOfRun> => {
      const name = await ledgerNameOf(contract.document, slot, { dataset, period, accounting: noise.accounting })
      return { slot, manifest: manifest.id, noise, name, id: ledgerId(name) }
    })
  })
  return (await Promise.all(ledgers)).sort((a, b) => compare(a.slot, b.slot) || a.name.period - b.name.period)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** The ledgers of one version of a dataset; none where its rule asks for no noise. */
export async function ledgersOfVersion(contract: Contract, { slot: id, lineage }: Manifest): Promise<readonly DigestId[]> {
  const noise = contract.slots.find((slot) => slot.id === id)?.rule.differentialPrivacy
  if (noise === undefined || lineage === undefined) return []
  const parts = lineage.periods.map((period) => ({ dataset: lineage.dataset, period, accounting: noise.accounting }))
  return Promise.all(parts.map(async (part) => ledgerId(await ledgerNameOf(contract, id, part))))
}
