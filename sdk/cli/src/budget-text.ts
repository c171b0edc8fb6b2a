import type { LedgerRecord } from '@reinraum/client'
import { type Accounting, type Charge, decimalOf, deltaPlaces, epsilonPlaces, rhoPlaces } from '@reinraum/privacy'
import type { ShownEntry } from '@reinraum/statements'
import { lockedText } from './lock-text.ts'
import { lines, oneLine, table } from './output.ts'

/** The balance of one ledger, and under it what it was spent on, newest last. */
export function ledgerText(record: LedgerRecord): string {
  const { slot, name, keyService, entries, broken } = record
  const heading = `${slot}: ${name.dataset}, part ${name.period}, at ${keyService}`
  if (broken !== null) return `${heading}: BROKEN, nothing of it is to be relied on: ${oneLine(broken)}`
  const { accounting } = name
  const balance = lines([
    ['spent', amountText(record.spent, accounting)],
    ['left', `${amountText(record.left, accounting)}, of ${amountText(record.budget, accounting)}`],
    ['one query', record.fits === null ? 'none fits any more' : `at most ε ${record.fits.epsilon}`],
    ...(record.locked === null ? [] : ([['released', `nothing: ${lockedText(record.locked)}`]] as const)),
    ['verified', `${entries.length} entries, one chain, and every debit that ${keyService} signed under this contract`],
  ])
  const unit = unitOf(accounting)
  const rows = entries.map((shown) => entryRow(shown, accounting))
  const history = table(['DECIDED', unit, 'δ', `${unit} SPENT`, 'δ SPENT', 'CONTRACT', 'RUN'], rows)
  return [heading, balance, ...(entries.length === 0 ? [] : [history])].join('\n')
}

function entryRow({ entry, event }: ShownEntry, accounting: Accounting): readonly string[] {
  const { charge, spent, kind } = entry
  const decided = event?.at ?? 'under another contract'
  return [
    kind === 'entered' ? `${decided}, entered again` : decided,
    ...[lossOf(charge, accounting), deltaOf(charge), lossOf(spent, accounting), deltaOf(spent)],
    ...[event?.contract ?? '-', event?.run ?? '-'],
  ]
}

/** An amount in the unit of its accounting: `ε 0.2, δ 0`. */
export function amountText(charge: Charge, accounting: Accounting): string {
  return `${unitOf(accounting)} ${lossOf(charge, accounting)}, δ ${deltaOf(charge)}`
}

function unitOf(accounting: Accounting): string {
  return accounting === 'basic' ? 'ε' : 'ρ'
}

function lossOf({ epsilon }: Charge, accounting: Accounting): string {
  return decimalOf(epsilon, accounting === 'basic' ? epsilonPlaces : rhoPlaces)
}

function deltaOf({ delta }: Charge): string {
  return decimalOf(delta, deltaPlaces)
}

/** Amounts as the integers that the ledger counts. */
export function ledgerJson({ name, broken, locked, ...record }: LedgerRecord) {
  const { keyService, slot, id, budget, spent, left, fits, entries } = record
  const { dataset, period, accounting } = name
  const verified = broken === null
  const balance = verified ? { budget, spent, left, fits } : { budget }
  return {
    keyService,
    slot,
    ledger: id,
    dataset,
    period,
    accounting,
    verified,
    broken,
    locked,
    ...balance,
    entries: entries.map(entryJson),
  }
}

function entryJson({ entry, event }: ShownEntry) {
  const { event: eventDigest, ...rest } = entry
  return { ...rest, eventDigest, event }
}
