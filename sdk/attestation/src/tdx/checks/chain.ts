import { failed, type Outcome, passed } from '../../checks/outcome.ts'
import { standingAt } from '../../standing.ts'
import type { ParsedCertificate } from '../../x509/certificate.ts'
import { sameName } from '../../x509/name.ts'
import { isSignedWith } from '../../x509/signature.ts'
import type { TdxSubject } from '../subject.ts'
import { type Endorsed, onChain, type TdxRule } from './rule.ts'

/** Intel SGX PCK Certificate and CRL Profile Specification: the common names of every certificate. */
const names = {
  root: 'Intel SGX Root CA',
  authorities: ['Intel SGX PCK Platform CA', 'Intel SGX PCK Processor CA'],
  pck: 'Intel SGX PCK Certificate',
} as const

export const chainChecks: readonly TdxRule[] = [
  { name: 'collateral', claim: 'hardware', needs: ['structure'], run: checkCollateral },
  { name: 'certificates', claim: 'instance-identity', needs: ['collateral'], run: checkPresence },
  { name: 'pinned-root', claim: 'hardware', needs: ['certificates'], run: onChain(checkPin) },
  { name: 'chain-names', claim: 'instance-identity', needs: ['certificates'], run: onChain(checkNames) },
  { name: 'chain-constraints', claim: 'instance-identity', needs: ['certificates'], run: onChain(checkConstraints) },
  { name: 'chain-signatures', claim: 'instance-identity', needs: ['chain-constraints'], run: onChain(checkSignatures) },
  { name: 'chain-validity', claim: 'instance-identity', needs: ['certificates'], run: onChain(checkValidity) },
]

function checkCollateral({ collateral }: TdxSubject): Outcome {
  if (collateral === 'missing') return failed('collateral-missing', 'nothing of what Intel says of the platform came along')
  if (collateral === 'malformed') return failed('collateral-malformed', 'this is not the JSON object of the nine fields')
  return passed('TCB info, identity of the quoting enclave, revocation lists')
}

/** Every place in every chain is taken once: two claimants of one place would be two answers to one question. */
function checkPresence({ collateral, pckChain, chain }: TdxSubject): Outcome {
  if (typeof collateral === 'string') return failed('certificate-missing', 'there are no chains')
  const hasList = collateral.pckCrl !== 'missing' || collateral.pckCrlIssuerChain?.length !== 0
  const chains = [
    { of: 'the PCK', found: pckChain, length: 3 },
    { of: 'the TCB info', found: collateral.tcbInfoIssuerChain, length: 2 },
    { of: 'the identity of the quoting enclave', found: collateral.qeIdentityIssuerChain, length: 2 },
    { of: "the PCK's revocation list", found: collateral.pckCrlIssuerChain, length: hasList ? 2 : 0 },
  ]
  for (const { of, found, length } of chains) {
    if (found === null) return failed('certificate-malformed', `the chain of ${of} cannot be read`)
    if (found.length > length) return failed('certificate-malformed', `the chain of ${of} has ${found.length} certificates`)
    if (found.length < length) return failed('certificate-missing', `the chain of ${of} has ${found.length} certificates`)
  }
  if (chain === null) return failed('certificate-malformed', 'what the PCK says about its platform cannot be read')
  return passed('PCK, its authority, the signers of the collateral and their root')
}

/** The root is trusted for its hash alone: an attester that sends a chain of its own gains nothing. */
function checkPin({ chain: { root, otherRoots } }: Endorsed, { reference }: TdxSubject): Outcome {
  const pinned = reference.roots.find(({ sha256 }) => sha256 === root.sha256)
  if (pinned === undefined) return failed('root-not-pinned', `the root ${root.sha256} is not among the reference values`)
  const other = otherRoots.find(({ sha256 }) => sha256 !== root.sha256)
  // One platform has one root: a second one may be listed too, but not for this platform.
  if (other !== undefined) return failed('root-not-pinned', `a chain of the collateral ends in another root, ${other.sha256}`)
  return passed(pinned.simulated ? `simulated root ${pinned.sha256}` : `Intel root ${pinned.sha256}`)
}

function checkNames({ chain: { root, ca, pck } }: Endorsed): Outcome {
  const invalid = (detail: string) => failed('chain-names-invalid', detail)
  if (root.subject.commonName !== names.root) return invalid(`the root is named ${root.subject.commonName}`)
  if (!names.authorities.some((name) => name === ca.subject.commonName)) {
    return invalid(`the authority is named ${ca.subject.commonName}`)
  }
  if (pck.subject.commonName !== names.pck) return invalid(`the PCK is named ${pck.subject.commonName}`)
  if (!sameName(root.issuer, root.subject)) return invalid('the root is not issued by itself')
  if (!sameName(ca.issuer, root.subject)) return invalid('the authority is not issued by the root')
  if (!sameName(pck.issuer, ca.subject)) return invalid('the PCK is not issued by the authority')
  return passed(`${names.root} ← ${ca.subject.commonName} ← ${names.pck}`)
}

function checkConstraints({ chain: { root, ca, pck } }: Endorsed): Outcome {
  const invalid = (detail: string) => failed('chain-constraints-invalid', detail)
  for (const issuer of [root, ca]) {
    if (!issuer.ca || issuer.keyUsage?.certSign !== true) {
      return invalid(`${issuer.subject.commonName} may not issue certificates`)
    }
  }
  // RFC 5280 §4.2.1.9: below the root stands one more authority.
  if (root.pathLength === 0) return invalid('the root allows no authority below it')
  const leaf = leafProblem(pck)
  if (leaf !== null) return invalid(`the PCK ${leaf}`)
  if (![root, ca].every((c) => c.keyKind === 'P-256')) return invalid('an authority has no key on P-256')
  if ([root, ca].some((c) => c.unknownCritical)) return invalid('a critical extension is unknown')
  return passed('authorities and PCK are what they must be')
}

/** @returns what keeps a certificate from being one that signs, and that issues nothing */
export function leafProblem(certificate: ParsedCertificate): string | null {
  if (certificate.ca || certificate.keyUsage?.certSign === true) return 'may issue certificates'
  if (certificate.keyUsage?.digitalSignature !== true) return 'may not sign'
  if (certificate.keyKind !== 'P-256') return 'has no key on P-256'
  return certificate.unknownCritical ? 'has a critical extension that is unknown' : null
}

function checkSignatures({ chain: { root, ca, pck } }: Endorsed): Outcome {
  for (const [certificate, issuer] of [
    [root, root],
    [ca, root],
    [pck, ca],
  ] as const) {
    if (!isSignedWith(issuer, certificate, 'ecdsa-p256-sha256')) {
      const detail = `${certificate.subject.commonName} is not signed by ${issuer.subject.commonName}`
      return failed('chain-signature-invalid', detail)
    }
  }
  return passed('ECDSA P-256 with SHA-256')
}

function checkValidity({ chain }: Endorsed, { now }: TdxSubject): Outcome {
  const { root, ca, pck, tcbSigner, qeSigner, crlIssuer } = chain
  for (const certificate of [root, ca, pck, tcbSigner, qeSigner, ...(crlIssuer === null ? [] : [crlIssuer])]) {
    const name = certificate.subject.commonName
    const standing = standingAt(now, certificate.notBefore, certificate.notAfter)
    if (standing === 'not-yet') return failed('certificate-not-yet-valid', `${name} is not valid yet`)
    if (standing === 'over') return failed('certificate-expired', `${name} ended at ${certificate.notAfter.toISOString()}`)
  }
  return passed(`PCK valid until ${pck.notAfter.toISOString()}`)
}
