import { sameName } from '../../x509/name.ts'
import { isSignedWith } from '../../x509/pss.ts'
import type { ParsedRevocationList } from '../../x509/revocation-list.ts'
import type { SnpSubject } from '../subject.ts'
import { authentic } from './authentic.ts'
import { failed, notAsked, type Outcome, passed, type SnpCheck, waived } from './outcome.ts'

export const revocationChecks: readonly SnpCheck[] = [
  { name: 'revocation-list', claim: 'hardware', needs: authentic, run: checkLists },
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
  if (!isSignedWith(ark.publicKey, list)) return failed('crl-invalid', 'the list is not signed by the root')
  if (!(now >= list.thisUpdate)) return failed('crl-not-yet-valid', 'the list is from the future')
  if (!(now <= list.nextUpdate)) return failed('crl-expired', `the list ended at ${list.nextUpdate.toISOString()}`)
  return passed('good')
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
