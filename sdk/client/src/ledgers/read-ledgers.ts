import { isReinraumError } from '@reinraum/crypto'
import { budgetOf, type Charge, fits, nothing, remaining } from '@reinraum/privacy'
import {
  type DifferentialPrivacy,
  type DigestId,
  keyCustodyOf,
  type LedgerEnd,
  type LedgerName,
  ledgerId,
  ledgerNameOf,
  type Privacy,
  type ReleasedEntry,
  releasedEntries,
  type ShownEntry,
  type VerifiedContract,
} from '@reinraum/statements'
import { type KeyLog, readKeyLogs } from '../keys/key-log.ts'
import { listManifests } from '../manifests.ts'
import { getReleaseLogState, type ReleaseLogState } from '../recovery.ts'
import type { Session } from '../session.ts'
import { fetchLedger } from './shown-entries.ts'
import { verifyLedger } from './verify-ledger.ts'

/** One key service's ledger of one part of the data in a slot, as far as it was verified. */
export interface LedgerRecord {
  readonly keyService: string
  readonly slot: string
  readonly id: DigestId
  readonly name: LedgerName
  /** what is spent, under all contracts over this data */
  readonly spent: Charge
  /** by the rule of this contract */
  readonly budget: Charge
  readonly left: Charge
  /** the most that one more query may say; null if none fits */
  readonly fits: Privacy | null
  /** oldest first */
  readonly entries: readonly ShownEntry[]
  /** why its key service releases nothing under this contract, whatever is left; null where it does */
  readonly locked: Pick<ReleaseLogState, 'lock' | 'awaited'> | null
  /** why nothing here is to be relied on: the key service is away, or what it shows is not what it signed */
  readonly broken: string | null
}

/**
 * Reads what was spent of the contract's datasets whose rules ask for noise, at each key service that holds a key of theirs, and
 * believes nothing of it: each ledger is held against its own chain and against the releases that the key service signed. That its
 * last entries are there shows only in comparison with a release that somebody kept.
 */
export async function readLedgers(session: Session, contract: VerifiedContract): Promise<readonly LedgerRecord[]> {
  const logs = new Map((await readKeyLogs(session, contract)).map((log) => [log.keyService, log]))
  const released = new Map<string, readonly ReleasedEntry[]>()
  for (const [id, log] of logs) {
    const entries = await Promise.all(log.releases.map(({ document }) => releasedEntries(document, contract.document)))
    released.set(id, entries.flat())
  }
  const parts = await partsOf(session, contract, [...released.values()].flat())
  const keyServices = [...new Set(parts.map(({ keyService }) => keyService))]
  const locks = new Map(await Promise.all(keyServices.map(async (id) => [id, await lockAt(session, contract, id)] as const)))
  return Promise.all(
    parts.map(async (part) => {
      const { keyService } = part
      const ledger = await readLedger(session, contract, part, logs.get(keyService), released.get(keyService))
      return { ...ledger, locked: locks.get(keyService) ?? null }
    }),
  )
}

/** What cannot be asked for is no lock: of such a key service the ledger is broken, or there is none yet. */
async function lockAt(session: Session, contract: VerifiedContract, id: string): Promise<LedgerRecord['locked']> {
  try {
    const { lock, awaited } = await getReleaseLogState(session, contract, id)
    return lock === 'none' ? null : { lock, awaited }
  } catch (error) {
    if (isReinraumError(error)) return null
    throw error
  }
}

interface Part {
  readonly keyService: string
  readonly slot: string
  readonly name: LedgerName
  readonly noise: DifferentialPrivacy
}

/** The parts of datasets that versions published under the contract hold, and of which anything was spent under it. */
async function partsOf(
  session: Session,
  contract: VerifiedContract,
  released: readonly ReleasedEntry[],
): Promise<readonly Part[]> {
  const versions = await listManifests(session, contract).catch((error: unknown) => {
    // What was spent is told also after the contract has ended, and after that no version is verified any more.
    if (isReinraumError(error) && error.code === 'expired') return []
    throw error
  })
  const parts: Part[] = []
  for (const slot of contract.document.slots) {
    const noise = slot.rule.differentialPrivacy
    if (noise === undefined) continue
    const lineages = versions.flatMap(({ document }) => (document.slot === slot.id ? (document.lineage ?? []) : []))
    const named = lineages.flatMap(({ dataset, periods }) => periods.map((period) => ({ dataset, period })))
    const spent = released.flatMap(({ event, name }) => (event.slot === slot.id ? name : []))
    const names = new Map<string, LedgerName>()
    for (const { dataset, period } of [...named, ...spent]) {
      const name = await ledgerNameOf(contract.document, slot.id, { dataset, period, accounting: noise.accounting })
      names.set(ledgerId(name), name)
    }
    const sorted = [...names.values()].sort((a, b) => a.dataset.localeCompare(b.dataset) || a.period - b.period)
    for (const name of sorted)
      for (const keyService of keyCustodyOf(slot).services) parts.push({ keyService, slot: slot.id, name, noise })
  }
  return parts
}

async function readLedger(
  session: Session,
  contract: VerifiedContract,
  { keyService, slot, name, noise }: Part,
  log: KeyLog | undefined,
  released: readonly ReleasedEntry[] = [],
): Promise<Omit<LedgerRecord, 'locked'>> {
  const id = ledgerId(name)
  const about = { keyService, slot, id, name, budget: budgetOf(noise) }
  const place = { keyService, ledger: id }
  const logUntil = log?.releases.at(-1)?.document.decidedAt ?? ''
  let entries: readonly ShownEntry[] = []
  try {
    const shown = await fetchLedger(session, keyService, { contractId: contract.id, ledger: id })
    entries = shown.entries
    const { spent } = verifyLedger({ place, contract: contract.id, ...shown, released, logUntil })
    return { ...about, ...amounts(noise, spent), entries, broken: log?.broken ?? null }
  } catch (error) {
    // Where no key of it was imported, nothing can have been spent, and nothing was signed.
    const unknown = isReinraumError(error) && (error.code === 'not-found' || error.code === 'key-unknown')
    if (unknown && released.every((entry) => entry.place.ledger !== id))
      return { ...about, ...amounts(noise, nothing), entries, broken: log?.broken ?? null }
    const broken = isReinraumError(error) ? `${error.message} (${error.code})` : 'internal'
    return { ...about, spent: nothing, left: nothing, fits: null, entries, broken }
  }
}

function amounts(noise: DifferentialPrivacy, spent: LedgerEnd['spent']): Pick<LedgerRecord, 'spent' | 'left' | 'fits'> {
  // Gaussian noise by basic composition is nothing without a δ: what fits then has the smallest.
  const delta = noise.accounting === 'basic' && noise.mechanism === 'discreteGaussian' ? 1e-15 : 0
  const largest = { epsilon: noise.maxEpsilonPerQuery, delta }
  const fit = fits(noise, spent, largest)
  return {
    spent,
    left: remaining(noise, spent),
    fits: fit.outcome === 'fits' ? largest : (fit.shortfall?.wouldFit ?? null),
  }
}
