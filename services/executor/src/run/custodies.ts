import { type KeyCustody, keyCustodyOf, releasesNeeded, type VerifiedRun } from '@reinraum/statements'

/** Who holds the key of one slot that a run reads, and how many of them it takes. */
export interface SlotCustody extends KeyCustody {
  readonly slot: string
  /** how many must give it for a run to begin, where that is more than it takes */
  readonly releases?: number
}

/** Of every slot that a run reads, in the order of the contract. */
export function custodiesOf({ contract, manifests }: Pick<VerifiedRun, 'contract' | 'manifests'>): readonly SlotCustody[] {
  return contract.document.slots.filter(({ id }) => manifests.has(id)).map((slot) => ({ slot: slot.id, ...keyCustodyOf(slot) }))
}

/** As they hold them when a run begins: those that keep a ledger release all, or it does not. */
export function releasingCustodiesOf(run: Pick<VerifiedRun, 'contract' | 'manifests'>): readonly SlotCustody[] {
  const needed = new Map(run.contract.document.slots.map((slot) => [slot.id, releasesNeeded(slot)]))
  return custodiesOf(run).map((custody) => ({ ...custody, releases: needed.get(custody.slot) ?? custody.threshold }))
}

/** The key services of these slots, each once, sorted. */
export function keyServicesOf(custodies: readonly SlotCustody[]): readonly string[] {
  return [...new Set(custodies.flatMap(({ services }) => services))].sort()
}

/** The slots whose key cannot be had from these key services alone. */
export function unreached(custodies: readonly SlotCustody[], services: ReadonlySet<string>): readonly SlotCustody[] {
  return custodies.filter(({ services: own, threshold, releases = threshold }) => {
    return own.filter((id) => services.has(id)).length < releases
  })
}
