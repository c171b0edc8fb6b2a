import { type CheckRule, failed, type Outcome } from '../../checks/outcome.ts'
import type { ParsedCollateral } from '../collateral.ts'
import type { QeIdentity } from '../qe-identity.ts'
import type { TdxChain, TdxSubject } from '../subject.ts'
import type { TcbInfo } from '../tcb-info.ts'
import type { TdxCheckName } from './names.ts'

export type TdxRule = CheckRule<TdxCheckName, TdxSubject>

/** What is whole once `certificates` has passed; TCB info and identity can still be null in it. */
export interface Endorsed {
  readonly chain: TdxChain
  readonly collateral: ParsedCollateral
}

/** For checks that need `certificates`: were they ever run without it, they would fail. */
export function onChain(check: (endorsed: Endorsed, subject: TdxSubject) => Outcome): TdxRule['run'] {
  return (subject) => {
    const { chain, collateral } = subject
    if (chain === null || typeof collateral === 'string') return failed('certificate-missing', 'the chain is not whole')
    return check({ chain, collateral }, subject)
  }
}

/** For checks that need `tcb-info`. */
export function onTcbInfo(check: (tcbInfo: TcbInfo, endorsed: Endorsed, subject: TdxSubject) => Outcome): TdxRule['run'] {
  return onChain((endorsed, subject) => {
    const { value } = endorsed.collateral.tcbInfo
    return value === null ? failed('tcb-info-invalid', 'this is no TCB info for TDX') : check(value, endorsed, subject)
  })
}

/** For checks that need `qe-identity`. */
export function onQeIdentity(check: (identity: QeIdentity, subject: TdxSubject) => Outcome): TdxRule['run'] {
  return onChain(({ collateral }, subject) => {
    const { value } = collateral.qeIdentity
    return value === null ? failed('qe-identity-invalid', 'this is no identity of a quoting enclave') : check(value, subject)
  })
}
