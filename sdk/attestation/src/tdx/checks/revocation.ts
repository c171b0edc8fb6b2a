import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import { crlSeries, isAtLeastFloor } from '../../freshness/floors.ts'
import { standingAt } from '../../standing.ts'
import type { ParsedCertificate } from '../../x509/certificate.ts'
import { sameName } from '../../x509/name.ts'
import type { ParsedRevocationList } from '../../x509/revocation-list.ts'
import { isSignedWith } from '../../x509/signature.ts'
import type { CollateralList } from '../collateral.ts'
import type { TdxSubject } from '../subject.ts'
import { chained } from './authentic.ts'
import { type Endorsed, onChain, type TdxRule } from './rule.ts'

export const revocationChecks: readonly TdxRule[] = [
  { name: 'revocation-list', claim: 'hardware', needs: chained, run: onChain(checkLists) },
  { name: 'crl-number', claim: 'hardware', needs: ['revocation-list'], run: onChain(checkNumbers) },
  { name: 'revocation', claim: 'instance-identity', needs: ['revocation-list'], run: onChain(checkSerials) },
]

/** The root's list covers what the root issued, the authority's covers the PCK: neither stands in for the other. */
function checkLists({ chain, collateral }: Endorsed, { reference, now }: TdxSubject): Outcome {
  const lists: readonly (readonly [CollateralList, ParsedCertificate, string])[] = [
    [collateral.rootCrl, chain.root, 'the list of the root'],
    [collateral.pckCrl, chain.ca, 'the list of the PCK'],
  ]
  const outcomes = lists.map(([list, issuer, what]) => checkList(list, issuer, what, now))
  const bad = outcomes.find((outcome) => outcome.verdict === 'failed' && outcome.reason !== 'crl-missing')
  if (bad !== undefined) return bad
  if (!isListIssuer(chain)) return failed('crl-invalid', 'the chain of the list is that of another authority')
  const missing = outcomes.find((outcome) => outcome.verdict === 'failed')
  if (missing !== undefined) return reference.policy.requireCrl ? missing : waived('crl-missing', missing.detail)
  return passed(
    `good until ${
      listsOf(collateral)
        .map((list) => list.nextUpdate.toISOString())
        .sort()[0]
    }`,
  )
}

function checkList(list: CollateralList, issuer: ParsedCertificate, what: string, now: Date): Outcome {
  if (list === 'missing') return failed('crl-missing', `${what} is missing`)
  if (list === 'malformed') return failed('crl-invalid', `${what} cannot be read`)
  if (!sameName(list.issuer, issuer.subject)) return failed('crl-invalid', `${what} is issued by someone else`)
  if (issuer.keyUsage?.crlSign !== true) return failed('crl-invalid', `${issuer.subject.commonName} may not sign lists`)
  if (!isSignedWith(issuer, list, 'ecdsa-p256-sha256')) return failed('crl-invalid', `${what} is not signed by its issuer`)
  const standing = standingAt(now, list.thisUpdate, list.nextUpdate)
  if (standing === 'not-yet') return failed('crl-not-yet-valid', `${what} is from the future`)
  if (standing === 'over') return failed('crl-expired', `${what} ended at ${list.nextUpdate.toISOString()}`)
  return passed('good')
}

/** The list is verified with the key of the PCK's own authority; what the collateral names beside it must be the same one. */
function isListIssuer({ root, ca, crlIssuer }: Endorsed['chain']): boolean {
  if (crlIssuer === null || crlIssuer.sha256 === ca.sha256) return true
  // Intel may have certified the same authority again.
  const same = sameName(crlIssuer.subject, ca.subject) && crlIssuer.publicKey.equals(ca.publicKey)
  return same && isSignedWith(root, crlIssuer, 'ecdsa-p256-sha256')
}

/** The lists that are there. */
export function listsOf({ rootCrl, pckCrl }: Endorsed['collateral']): readonly ParsedRevocationList[] {
  return [rootCrl, pckCrl].filter((list) => typeof list !== 'string')
}

/** A list that is in force may still be older than one that was seen: replaying it would bring a revoked key back. */
function checkNumbers({ chain, collateral }: Endorsed, { expected: { floors } }: TdxSubject): Outcome {
  if (floors === undefined) return notAsked('this relying party keeps no floor')
  for (const list of listsOf(collateral)) {
    if (list.number === null) return failed('crl-number-missing', `the list of ${list.issuer.commonName} has no number`)
    if (!isAtLeastFloor(floors, crlSeries(chain.root.sha256, list.issuer.sha256), list.number)) {
      return failed(
        'crl-number-below-floor',
        `number ${list.number} of ${list.issuer.commonName} is older than what was seen before`,
      )
    }
  }
  return passed('none is older than what was seen before')
}

function checkSerials({ chain, collateral }: Endorsed): Outcome {
  const { rootCrl, pckCrl } = collateral
  if (listsOf(collateral).length === 0) return notAsked('no revocation list')
  const { root, ca, tcbSigner, qeSigner, pck } = chain
  const covered = [
    ...(typeof rootCrl === 'string'
      ? []
      : [root, ca, tcbSigner, qeSigner].map((certificate) => ({ certificate, list: rootCrl }))),
    ...(typeof pckCrl === 'string' ? [] : [{ certificate: pck, list: pckCrl }]),
  ]
  const revoked = covered.find(({ certificate, list }) => list.revoked.has(certificate.serial))?.certificate
  return revoked === undefined
    ? passed('nothing of the chains is on a list')
    : failed('certificate-revoked', `${revoked.subject.commonName} is revoked`)
}
