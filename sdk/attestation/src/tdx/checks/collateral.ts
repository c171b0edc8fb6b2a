import { failed, type Outcome, passed } from '../../checks/outcome.ts'
import { isAtLeastFloor, tcbEvaluationSeries } from '../../freshness/floors.ts'
import type { AttestationReason } from '../../result.ts'
import { standingAt } from '../../standing.ts'
import { sameName } from '../../x509/name.ts'
import { isSignedWith, isTextSignedBy } from '../../x509/signature.ts'
import type { SignedJson } from '../collateral.ts'
import type { QeIdentity } from '../qe-identity.ts'
import type { TdxSubject } from '../subject.ts'
import type { TcbInfo } from '../tcb-info.ts'
import { chained } from './authentic.ts'
import { leafProblem } from './chain.ts'
import { type Endorsed, onChain, type TdxRule } from './rule.ts'

/** The only certificate that may sign TCB info and identities; PCKs and authorities end in the same root. */
const signerName = 'Intel SGX TCB Signing'

/** Both texts are signed in the same way; what is checked of one is checked of the other. */
interface Part {
  readonly name: 'tcb-info' | 'qe-identity'
  readonly signer: (chain: Endorsed['chain']) => Endorsed['chain']['tcbSigner']
  readonly json: (collateral: Endorsed['collateral']) => SignedJson<TcbInfo | QeIdentity>
}
const parts: readonly Part[] = [
  { name: 'tcb-info', signer: ({ tcbSigner }) => tcbSigner, json: ({ tcbInfo }) => tcbInfo },
  { name: 'qe-identity', signer: ({ qeSigner }) => qeSigner, json: ({ qeIdentity }) => qeIdentity },
]

export const collateralChecks: readonly TdxRule[] = [
  ...parts.flatMap((part): TdxRule[] => [
    { name: `${part.name}-signer`, claim: 'hardware', needs: chained, run: onChain(checkSigner(part)) },
    { name: `${part.name}-signature`, claim: 'hardware', needs: [`${part.name}-signer`], run: onChain(checkSignature(part)) },
    { name: part.name, claim: 'hardware', needs: [`${part.name}-signature`], run: onChain(checkContent(part)) },
    { name: `${part.name}-validity`, claim: 'hardware', needs: [part.name], run: onChain(checkValidity(part)) },
  ]),
  { name: 'evaluation-number', claim: 'hardware', needs: ['tcb-info', 'qe-identity'], run: onChain(checkNumber) },
]

type ChainCheck = (endorsed: Endorsed, subject: TdxSubject) => Outcome

function checkSigner({ name, signer }: Part): ChainCheck {
  return ({ chain }) => {
    const invalid = (detail: string) => failed(`${name}-signer-invalid`, detail)
    const certificate = signer(chain)
    if (certificate.subject.commonName !== signerName) return invalid(`signed by ${certificate.subject.commonName}`)
    const problem = leafProblem(certificate)
    if (problem !== null) return invalid(`the signer ${problem}`)
    if (!sameName(certificate.issuer, chain.root.subject)) return invalid('the signer is not issued by the root')
    return isSignedWith(chain.root, certificate, 'ecdsa-p256-sha256')
      ? passed(signerName)
      : invalid('the signer is not certified by the root')
  }
}

/** Over the text as it came, byte for byte: what another reader would make of it does not matter. */
function checkSignature({ name, signer, json }: Part): ChainCheck {
  return ({ chain, collateral }) => {
    return isTextSignedBy(signer(chain), json(collateral))
      ? passed('signed by Intel')
      : failed(`${name}-signature-invalid`, 'the signature does not verify')
  }
}

function checkContent({ name, json }: Part): ChainCheck {
  return ({ collateral }) => {
    const { value } = json(collateral)
    return value === null
      ? failed(`${name}-invalid`, 'the text is not what it should be')
      : passed(`${value.id}, version ${value.version}`)
  }
}

function checkValidity({ name, json }: Part): ChainCheck {
  return ({ collateral }, { now }) => {
    const { value } = json(collateral)
    if (value === null) return failed(`${name}-invalid`, 'there is nothing to be valid')
    const reason = (which: 'expired' | 'not-yet-valid'): AttestationReason => `${name}-${which}`
    const standing = standingAt(now, value.issueDate, value.nextUpdate)
    if (standing === 'not-yet') return failed(reason('not-yet-valid'), `issued at ${value.issueDate.toISOString()}`)
    if (standing === 'over') return failed(reason('expired'), `ended at ${value.nextUpdate.toISOString()}`)
    return passed(`good until ${value.nextUpdate.toISOString()}`)
  }
}

/** Collateral that is in force may still be from before an evaluation that was seen, and call good what no longer is. */
function checkNumber({ chain, collateral }: Endorsed, { reference, expected }: TdxSubject): Outcome {
  const number = evaluationNumberOf(collateral)
  const { minimumTcbEvaluationDataNumber: minimum } = reference.policy
  if (number === null) return failed('evaluation-number-below-floor', 'there is no number')
  if (number < minimum) return failed('evaluation-number-below-floor', `number ${number}, at least ${minimum} is asked for`)
  return isAtLeastFloor(expected.floors ?? {}, tcbEvaluationSeries(chain.root.sha256), BigInt(number))
    ? passed(`number ${number}`)
    : failed('evaluation-number-below-floor', `number ${number} is older than what was seen before`)
}

/** The older of the two: both must be as new as the floor. */
export function evaluationNumberOf({ tcbInfo, qeIdentity }: Endorsed['collateral']): number | null {
  if (tcbInfo.value === null || qeIdentity.value === null) return null
  return Math.min(tcbInfo.value.tcbEvaluationDataNumber, qeIdentity.value.tcbEvaluationDataNumber)
}
