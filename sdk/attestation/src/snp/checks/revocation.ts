import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import { crlSeries, isAtLeastFloor } from '../../freshness/floors.ts'
import { standingAt } from '../../standing.ts'
import { sameName } from '../../x509/name.ts'
import type { ParsedRevocationList } from '../../x509/revocation-list.ts'
import { isSignedWith } from '../../x509/signature.ts'
import type { SnpSubject } from '../subject.ts'
import { authentic } from './authentic.ts'
import type { SnpRule } from './rule.ts'

export const revocationChecks: readonly SnpRule[] = [
  { name: 'revocation-list', claim: 'hardware', needs: authentic, run: checkLists },
  { name: 'crl-number', claim: 'hardware', needs: ['revocation-list'], run: checkNumbers },
  { name: 'revocation', claim: 'instance-identity', needs: ['revocation-list'], run: checkSerials },
]

/** Every list that came along must be good: a stale one beside a fresh one is a sign of tampering, not a spare. */
function checkLists(subject: SnpSubject): Outcome {
  const { lists, listsReadable, reference } = subject
  if (!listsReadable) return failed('crl-invalid', 'a revocation list cannot be read, or there are too many')
  if (lists.length === 0) {
    return reference.policy.requireCrl ? failed('crl-missing', 'no revocation list') : waived('crl-missing', 'no revocation list')
  }
  const bad = lists.map((list) => checkList(list, subject)).find((outcome) => outcome.verdict === 'failed')
  return bad ?? passed(`good until ${lists.map((list) => list.nextUpdate.toISOString()).sort()[0]}`)
}

function checkList(list: ParsedRevocationList, { ark, now }: SnpSubject): Outcome {
  if (ark === null || !sameName(list.issuer, ark.subject)) return failed('crl-invalid', 'the list is not issued by the root')
  if (ark.keyUsage?.crlSign !== true) return failed('crl-invalid', 'the root may not sign lists')
  if (!isSignedWith(ark, list, 'rsa-pss-sha384')) return failed('crl-invalid', 'the list is not signed by the root')
  const standing = standingAt(now, list.thisUpdate, list.nextUpdate)
  if (standing === 'not-yet') return failed('crl-not-yet-valid', 'the list is from the future')
  if (standing === 'over') return failed('crl-expired', `the list ended at ${list.nextUpdate.toISOString()}`)
  return passed('good')
}

/** A list that is in force may still be older than one that was seen: replaying it would bring a revoked key back. */
function checkNumbers({ lists, ark, expected }: SnpSubject): Outcome {
  const { floors } = expected
  if (floors === undefined) return notAsked('this relying party keeps no floor')
  for (const list of lists) {
    if (ark === null || list.number === null) return failed('crl-number-missing', 'the list has no number')
    if (!isAtLeastFloor(floors, crlSeries(ark.sha256, list.issuer.sha256), list.number)) {
      return failed('crl-number-below-floor', `number ${list.number} is older than what was seen before`)
    }
  }
  return passed('none is older than what was seen before')
}

function checkSerials({ lists, ark, ca, vek }: SnpSubject): Outcome {
  if (lists.length === 0) return notAsked('no revocation list')
  for (const certificate of [ark, ca, vek]) {
    if (certificate === null || lists.some((list) => list.revoked.has(certificate.serial))) {
      return failed('certificate-revoked', `${certificate?.subject.commonName} is revoked`)
    }
  }
  return passed('nothing of the chain is on the list')
}
