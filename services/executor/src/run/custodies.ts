import { type KeyCustody, keyCustodyOf, type VerifiedRun } from '@reinraum/statements'

/** Who holds the key of one slot that a run reads, and how many of them it takes. */
export interface SlotCustody extends KeyCustody {
  readonly slot: string
}

/** Of every slot that a run reads, in the order of the contract. */
export function custodiesOf({ contract, manifests }: Pick<VerifiedRun, 'contract' | 'manifests'>): readonly SlotCustody[] {
  return contract.document.slots.filter(({ id }) => manifests.has(id)).map((slot) => ({ slot: slot.id, ...keyCustodyOf(slot) }))
}

/** The key services of these slots, each once, sorted. */
export function keyServicesOf(custodies: readonly SlotCustody[]): readonly string[] {
  return [...new Set(custodies.flatMap(({ services }) => services))].sort()
}

/** The slots whose key cannot be had from these key services alone. */
export function unreached(custodies: readonly SlotCustody[], services: ReadonlySet<string>): readonly SlotCustody[] {
  return custodies.filter((custody) => custody.services.filter((id) => services.has(id)).length < custody.threshold)
}
