import { LedgerService } from '@reinraum/proto'
import {
  type Contract,
  type DifferentialPrivacy,
  type LedgerDebit,
  ledgerId,
  ledgerNameOf,
  type Privacy,
  parseStatement,
  type Release,
} from '@reinraum/statements'
import { type Agreement, agreeAndImport, type Dataset, importDataset, sealDataset } from './agreement.ts'
import { type Bundle, bundleOf, outcomeName, requestOf } from './attempt.ts'
import type { PartyName, Room, RunningKeyService } from './room.ts'

export type Imported = Agreement & { readonly datasets: readonly Dataset[] }

/** ε of 1 in all, 0.5 of it for one query. */
export const noise: DifferentialPrivacy = {
  epsilonBudget: 1,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 0.5,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
}

/** The rules of these slots ask for noise, each with its own change of `noise`; nobody has to approve anything. */
export function asking(of: Readonly<Record<string, Partial<DifferentialPrivacy>>>) {
  return (contract: Contract): Contract => ({
    ...contract,
    slots: contract.slots.map(({ rule, ...rest }) => {
      const change = of[rest.id]
      const differentialPrivacy = change === undefined ? {} : { differentialPrivacy: { ...noise, ...change } }
      return { ...rest, rule: { ...rule, modes: ['aggregation' as const], ...differentialPrivacy } }
    }),
  })
}

/** A contract with only these slots, which all ask for noise, and their first versions. Weather is bird's, as strikes are. */
export function agreeOnNoise(
  room: Room,
  of: Readonly<Record<string, Partial<DifferentialPrivacy>>> = { strikes: {} },
  change: (contract: Contract) => Contract = (contract) => contract,
): Promise<Imported> {
  const only = (contract: Contract) => ({ ...contract, slots: contract.slots.filter(({ id }) => Object.hasOwn(of, id)) })
  return agreeAndImport(room, (contract) => change(asking(of)(only(contract))))
}

let versions = 1

/** The agreement, read through a version of one slot's dataset that holds this data. */
export async function reading(
  agreement: Imported,
  dataset: string,
  { slot = 'strikes', periods = [1] }: { readonly slot?: string; readonly periods?: number[] } = {},
): Promise<Imported> {
  versions += 1
  const change = { version: versions, lineage: { dataset, periods } }
  const sealed = await sealDataset(agreement, slot, (manifest) => ({ ...manifest, ...change }))
  await importDataset(agreement, sealed)
  return { ...agreement, datasets: [...agreement.datasets.filter((one) => one.slot !== slot), sealed] }
}

/** Ledgers are of datasets whatever the contract: what is not meant to share one has another name. */
export function freshDataset(): string {
  versions += 1
  return `dataset-${versions}`
}

/** A run of a query that spends so much. */
export function spending(agreement: Imported, epsilon: number, delta = 0): Promise<Bundle> {
  const privacy: Privacy = { epsilon, delta }
  return bundleOf(agreement, { query: (query) => ({ ...query, privacy }) })
}

/** What a release says, and what the key service answered. */
export async function ask(agreement: Imported, bundle: Bundle, service: RunningKeyService = agreement.room.shared) {
  const { request } = await requestOf(agreement, service, bundle)
  const answer = await service.from('executor').releaseKeys(request)
  const statement = answer.outcome.value?.release ?? new Uint8Array()
  const { outcome } = parseStatement(statement).document as Release
  const debits: readonly LedgerDebit[] = outcome.decision === 'released' ? (outcome.ledger ?? []) : []
  const shortfalls = outcome.decision === 'denied' ? (outcome.budget ?? []) : []
  return { outcome: outcomeName(answer), statement, debits, shortfalls }
}

/** Asks for a run of a query that spends so much, and says what became of it. */
export async function spend(agreement: Imported, epsilon: number, delta = 0): Promise<string> {
  return (await ask(agreement, await spending(agreement, epsilon, delta))).outcome
}

/** The ledger of a part of a dataset of one slot. */
export async function ledgerOf(
  { document }: Pick<Agreement, 'document'>,
  slot: string,
  { dataset = slot, period = 1, accounting = noise.accounting } = {},
): Promise<string> {
  return ledgerId(await ledgerNameOf(document, slot, { dataset, period, accounting }))
}

/** Millionths of ε that a member is told were spent. */
export async function spentOf(
  agreement: Imported,
  dataset: string,
  {
    as = 'bird',
    service = agreement.room.shared,
    slot = 'strikes',
  }: { readonly as?: PartyName; readonly service?: RunningKeyService; readonly slot?: string } = {},
): Promise<number> {
  const client = service.asOf(LedgerService, agreement.room.parties[as])
  const { spent } = await client.getLedger({ contractId: agreement.id, ledger: await ledgerOf(agreement, slot, { dataset }) })
  return Number(spent?.epsilon)
}
