import { failed, type Outcome, passed } from '../../checks/outcome.ts'
import { standingAt } from '../../standing.ts'
import type { ParsedCertificate } from '../../x509/certificate.ts'
import { sameName } from '../../x509/name.ts'
import { isSignedWith } from '../../x509/signature.ts'
import type { SnpSubject } from '../subject.ts'
import { readProduct } from '../vek-extensions.ts'
import type { SnpRule } from './rule.ts'

interface Chain {
  readonly ark: ParsedCertificate
  readonly ca: ParsedCertificate
  readonly vek: ParsedCertificate
}

export const chainChecks: readonly SnpRule[] = [
  { name: 'certificates', claim: 'instance-identity', needs: ['product'], run: checkPresence },
  { name: 'pinned-root', claim: 'hardware', needs: ['certificates'], run: checkPin },
  { name: 'chain-names', claim: 'instance-identity', needs: ['certificates'], run: onChain(checkNames) },
  { name: 'chain-constraints', claim: 'instance-identity', needs: ['certificates'], run: onChain(checkConstraints) },
  { name: 'chain-signatures', claim: 'instance-identity', needs: ['chain-constraints'], run: onChain(checkSignatures) },
  { name: 'chain-validity', claim: 'instance-identity', needs: ['certificates'], run: onChain(checkValidity) },
]

function onChain(check: (chain: Chain, subject: SnpSubject) => Outcome): SnpRule['run'] {
  return (subject) => {
    const { ark, ca, vek } = subject
    if (ark === null || ca === null || vek === null) return failed('certificate-missing', 'the chain is not whole')
    return check({ ark, ca, vek }, subject)
  }
}

function checkPresence(subject: SnpSubject): Outcome {
  if (!subject.certificatesReadable) return failed('certificate-malformed', 'a certificate cannot be read, or there are too many')
  if (subject.ambiguous) return failed('certificate-malformed', 'two different certificates claim one place in the chain')
  const missing = (['ark', 'ca', 'vek'] as const).find((role) => subject[role] === null)
  if (missing) return failed('certificate-missing', `no ${missing.toUpperCase()} for ${subject.product}`)
  return passed(`${subject.vekKind} and its chain`)
}

/** The root is trusted for its hash alone: an attester that sends a chain of its own gains nothing. */
function checkPin({ ark, product, reference }: SnpSubject): Outcome {
  const root = reference.roots.find((r) => r.product === product && r.sha256 === ark?.sha256)
  if (root === undefined) return failed('root-not-pinned', `the root ${ark?.sha256} is not among the reference values`)
  return passed(root.simulated ? `simulated root ${root.sha256}` : `AMD root ${root.sha256}`)
}

function checkNames({ ark, ca, vek }: Chain, { product }: SnpSubject): Outcome {
  // The subjects' common names selected the three; what is left is who issued whom.
  if (!sameName(ark.issuer, ark.subject)) return failed('chain-names-invalid', 'the root is not issued by itself')
  if (!sameName(ca.issuer, ark.subject)) return failed('chain-names-invalid', 'the intermediate is not issued by the root')
  if (!sameName(vek.issuer, ca.subject)) return failed('chain-names-invalid', 'the signing key is not issued by the intermediate')
  if (readProduct(vek) !== product) return failed('chain-names-invalid', `the signing key is not for ${product}`)
  return passed(`${ark.subject.commonName} ← ${ca.subject.commonName} ← ${vek.subject.commonName}`)
}

function checkConstraints({ ark, ca, vek }: Chain): Outcome {
  const invalid = (detail: string) => failed('chain-constraints-invalid', detail)
  for (const issuer of [ark, ca]) {
    if (!issuer.ca || issuer.keyUsage?.certSign !== true)
      return invalid(`${issuer.subject.commonName} may not issue certificates`)
    if (issuer.keyKind !== 'RSA') return invalid(`${issuer.subject.commonName} has no RSA key`)
  }
  if (vek.ca) return invalid('the signing key may issue certificates')
  if (vek.keyKind !== 'P-384') return invalid('the signing key is not on P-384')
  if ([ark, ca, vek].some((c) => c.unknownCritical)) return invalid('a critical extension is unknown')
  return passed('authorities and signing key are what they must be')
}

function checkSignatures({ ark, ca, vek }: Chain): Outcome {
  for (const [certificate, issuer] of [
    [ark, ark],
    [ca, ark],
    [vek, ca],
  ] as const) {
    if (!isSignedWith(issuer, certificate, 'rsa-pss-sha384')) {
      return failed('chain-signature-invalid', `${certificate.subject.commonName} is not signed by ${issuer.subject.commonName}`)
    }
  }
  return passed('RSA-PSS with SHA-384, three signatures')
}

function checkValidity({ ark, ca, vek }: Chain, { now }: SnpSubject): Outcome {
  for (const certificate of [ark, ca, vek]) {
    const name = certificate.subject.commonName
    const standing = standingAt(now, certificate.notBefore, certificate.notAfter)
    if (standing === 'not-yet') return failed('certificate-not-yet-valid', `${name} is not yet valid`)
    if (standing === 'over') return failed('certificate-expired', `${name} has expired`)
  }
  return passed('all three in force')
}
