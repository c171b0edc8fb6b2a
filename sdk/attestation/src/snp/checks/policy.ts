import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import { type GuestPolicy, parseGuestPolicy, parsePlatformInfo } from '../guest-policy.ts'
import type { SnpSubject } from '../subject.ts'
import { authentic } from './authentic.ts'
import type { SnpRule } from './rule.ts'

export const policyChecks: readonly SnpRule[] = [
  { name: 'guest-policy', claim: 'configuration', needs: authentic, run: onPolicy(checkBits) },
  { name: 'debug', claim: 'runtime-opaque', needs: authentic, run: onPolicy(checkDebug) },
  { name: 'migration', claim: 'runtime-opaque', needs: authentic, run: onPolicy(checkMigration) },
  { name: 'minimum-abi', claim: 'configuration', needs: authentic, run: onPolicy(checkAbi) },
  { name: 'smt', claim: 'configuration', needs: authentic, run: onPolicy(checkSmt) },
  { name: 'single-socket', claim: 'configuration', needs: authentic, run: onPolicy(checkSingleSocket) },
  { name: 'vmpl', claim: 'configuration', needs: authentic, run: checkVmpl },
  { name: 'alias-check', claim: 'hardware', needs: authentic, run: checkAlias },
  { name: 'ciphertext-hiding', claim: 'hardware', needs: authentic, run: checkCiphertextHiding },
]

function onPolicy(check: (policy: GuestPolicy, subject: SnpSubject) => Outcome): SnpRule['run'] {
  return (subject) => check(parseGuestPolicy(subject.report.policy), subject)
}

function checkBits(policy: GuestPolicy): Outcome {
  if (!policy.mustBeOne) return failed('policy-invalid', 'bit 17 must be one')
  return policy.reserved === 0n ? passed('well formed') : failed('policy-invalid', 'reserved bits are set')
}

/** A host that may debug a guest reads its memory. */
function checkDebug(policy: GuestPolicy, { reference }: SnpSubject): Outcome {
  if (!policy.debug) return passed('off')
  return reference.policy.allowDebug ? waived('debug', 'on') : failed('debug-enabled', 'the host may read the memory')
}

function checkMigration(policy: GuestPolicy, { reference }: SnpSubject): Outcome {
  if (!policy.migration) return passed('off')
  return reference.policy.allowMigration
    ? waived('migration', 'on')
    : failed('migration-enabled', 'a migration agent may move the guest')
}

function checkAbi(policy: GuestPolicy, { reference }: SnpSubject): Outcome {
  const { major, minor } = reference.policy.minimumAbi
  const enough = policy.abiMajor > major || (policy.abiMajor === major && policy.abiMinor >= minor)
  const detail = `guest asks for ${policy.abiMajor}.${policy.abiMinor}`
  return enough ? passed(detail) : failed('abi-below-minimum', detail)
}

function checkSmt(policy: GuestPolicy, { reference }: SnpSubject): Outcome {
  if (reference.policy.allowSmt) return notAsked('simultaneous multithreading may be on')
  return policy.smt ? failed('smt-not-allowed', 'the guest allows simultaneous multithreading') : passed('off')
}

function checkSingleSocket(policy: GuestPolicy, { reference }: SnpSubject): Outcome {
  if (!reference.policy.requireSingleSocket) return notAsked('any number of sockets')
  return policy.singleSocket ? passed('one socket') : failed('single-socket-required', 'the guest may run on several sockets')
}

/** Who asked for the report: below level 0 anything inside the guest could have. */
function checkVmpl({ report, reference }: SnpSubject): Outcome {
  if (!reference.policy.vmpls.includes(report.vmpl)) return failed('vmpl-not-allowed', `level ${report.vmpl}`)
  return report.vmpl === 0 ? passed('level 0') : waived('vmpl', `level ${report.vmpl}`)
}

function checkAlias({ report, reference }: SnpSubject): Outcome {
  if (parsePlatformInfo(report.platformInfo).aliasCheck) return passed('done at boot')
  return reference.policy.requireAliasCheck
    ? failed('platform-not-allowed', 'the memory was not checked for aliases')
    : waived('alias-check', 'not done')
}

function checkCiphertextHiding({ report, reference }: SnpSubject): Outcome {
  if (!reference.policy.requireCiphertextHiding) return notAsked('not required')
  const on = parsePlatformInfo(report.platformInfo).ciphertextHiding
  return on ? passed('on') : failed('platform-not-allowed', 'the host sees the ciphertext of the memory')
}
