import { failed, notAsked, type Outcome, passed } from '../../checks/outcome.ts'
import type { SnpSubject } from '../subject.ts'
import { describeTcb, parseTcbs, type ReportTcbs, tcbAtLeast, tcbParts } from '../tcb.ts'
import { readTcb } from '../vek-extensions.ts'
import { authentic } from './authentic.ts'
import type { SnpRule } from './rule.ts'

export const tcbChecks: readonly SnpRule[] = [
  { name: 'vek-tcb', claim: 'hardware', needs: authentic, run: checkVekTcb },
  { name: 'tcb-order', claim: 'hardware', needs: authentic, run: checkOrder },
  { name: 'minimum-tcb', claim: 'hardware', needs: authentic, run: checkMinimum },
]

function tcbsOf({ report, product }: SnpSubject): ReportTcbs | null {
  return product === null ? null : parseTcbs(product, report)
}

/** The key is derived from the patch levels, so its certificate must state exactly the reported ones. */
function checkVekTcb(subject: SnpSubject): Outcome {
  const { vek, product } = subject
  const tcbs = tcbsOf(subject)
  const certified = vek === null || product === null ? null : readTcb(vek, product)
  if (tcbs === null || certified === null) return failed('tcb-mismatch', 'the certificate states no patch levels')
  const equal = tcbParts.every((part) => certified[part] === tcbs.reported[part])
  return equal
    ? passed(describeTcb(tcbs.reported))
    : failed('tcb-mismatch', `certified ${describeTcb(certified)}, reported ${describeTcb(tcbs.reported)}`)
}

function checkOrder(subject: SnpSubject): Outcome {
  const tcbs = tcbsOf(subject)
  if (tcbs === null) return failed('tcb-order-invalid', 'the product is unknown')
  if (!tcbAtLeast(tcbs.committed, tcbs.reported)) return failed('tcb-order-invalid', 'more is reported than is committed')
  if (!tcbAtLeast(tcbs.current, tcbs.committed)) return failed('tcb-order-invalid', 'more is committed than is running')
  return passed('reported ≤ committed ≤ current')
}

function checkMinimum(subject: SnpSubject): Outcome {
  const tcbs = tcbsOf(subject)
  const minimum = subject.product === null ? undefined : subject.reference.policy.minimumTcb[subject.product]
  if (tcbs === null) return failed('tcb-below-minimum', 'the product is unknown')
  if (minimum === undefined) return notAsked('no minimum for this product')
  // The launch TCB too: a guest that started under old firmware may have been read then.
  const below = (['reported', 'committed', 'launch'] as const).find((which) => !tcbAtLeast(tcbs[which], minimum))
  return below === undefined
    ? passed(`at least ${describeTcb(minimum)}`)
    : failed('tcb-below-minimum', `${below} ${describeTcb(tcbs[below])}`)
}
