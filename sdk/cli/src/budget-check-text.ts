import type { BudgetCheck, BudgetChecks } from '@reinraum/client'
import { amountText, ledgerJson } from './budget-text.ts'
import { lockedText } from './lock-text.ts'
import { lines, oneLine } from './output.ts'
import { fitsText } from './shortfall-text.ts'

/** Whether a query fits into every ledger that a run of it would be debited from. */
export function isAffordable({ ledgers }: BudgetChecks): boolean {
  return ledgers.every((check) => check.fits)
}

/** What is left of each budget, what the query costs of it, and whether that fits. */
export function budgetCheckText({ ledgers, unsealed }: BudgetChecks): string {
  if (ledgers.length + unsealed.length === 0) return 'Budget: no dataset that it reads asks for noise'
  const unknown = unsealed.map((slot) => `  ${oneLine(slot)}: nothing is sealed yet, so that no ledger is known`)
  return ['Budget:', ...ledgers.map(checkText), ...unknown].join('\n')
}

function checkText({ ledger, cost, ...check }: BudgetCheck): string {
  const { slot, name, keyService, broken } = ledger
  const place = `${oneLine(slot)}: ${oneLine(name.dataset)}, part ${name.period}, at ${oneLine(keyService)}`
  if (broken !== null) return `  ${place}: BROKEN, nothing of it is to be relied on: ${oneLine(broken)}`
  const { accounting } = name
  const said = lines([
    ['left', `${amountText(ledger.left, accounting)}, of ${amountText(ledger.budget, accounting)}`],
    ['costs', cost === null ? 'no amount that it counts' : amountText(cost, accounting)],
    ['fits', fitText(ledger, check)],
  ])
  return `  ${place}\n${said.replaceAll(/^/gm, '    ')}`
}

function fitText({ locked }: BudgetCheck['ledger'], { fits, times, wouldFit }: Omit<BudgetCheck, 'ledger' | 'cost'>): string {
  if (locked !== null) return `NO: nothing is released, ${lockedText(locked)}`
  return fits ? timesText(times) : `NO: ${fitsText(wouldFit)}`
}

function timesText(times: number): string {
  return times === 1 ? 'yes, once' : `yes, ${times} such queries`
}

/** The same for programs. */
export function budgetCheckJson(checks: BudgetChecks) {
  return {
    fits: isAffordable(checks),
    unsealed: checks.unsealed,
    ledgers: checks.ledgers.map(({ ledger, cost, fits, times, wouldFit }) => {
      const { entries: _, ...record } = ledgerJson(ledger)
      return { ...record, cost, fits, times, wouldFit }
    }),
  }
}
