import { toHex } from '@reinraum/crypto'
import { failed, type Outcome, passed, waived } from '../../checks/outcome.ts'
import type { TdxSubject } from '../subject.ts'
import { expectedModule } from '../tcb.ts'
import type { TcbInfo } from '../tcb-info.ts'
import { equalsUnder } from './quote.ts'
import { type Endorsed, onTcbInfo, type TdxRule } from './rule.ts'

export const tcbChecks: readonly TdxRule[] = [
  { name: 'fmspc', claim: 'hardware', needs: ['tcb-info'], run: onTcbInfo(checkFmspc) },
  { name: 'pce-id', claim: 'hardware', needs: ['tcb-info'], run: onTcbInfo(checkPceId) },
  { name: 'module-identity', claim: 'hardware', needs: ['tcb-info'], run: onTcbInfo(checkModule) },
  {
    name: 'tcb-status',
    claim: 'hardware',
    needs: ['fmspc', 'pce-id', 'module-identity', 'qe-identity-match', 'qe-report-signature'],
    run: checkStatus,
  },
]

/** TCB info of another kind of platform says nothing about this one. */
function checkFmspc(tcbInfo: TcbInfo, { chain: { pckExtension } }: Endorsed): Outcome {
  return tcbInfo.fmspc === pckExtension.fmspc
    ? passed(tcbInfo.fmspc)
    : failed('fmspc-mismatch', `the TCB info is for ${tcbInfo.fmspc}, the platform is ${pckExtension.fmspc}`)
}

function checkPceId(tcbInfo: TcbInfo, { chain: { pckExtension } }: Endorsed): Outcome {
  return tcbInfo.pceId === pckExtension.pceId
    ? passed(tcbInfo.pceId)
    : failed('pce-id-mismatch', `the TCB info is for ${tcbInfo.pceId}, the platform has ${pckExtension.pceId}`)
}

/** Intel's QuoteVerifier, 4.1.2.5.12: who signed the module that the TD runs under, and in which mode. */
function checkModule(tcbInfo: TcbInfo, _: Endorsed, { quote: { body } }: TdxSubject): Outcome {
  const mismatch = (detail: string) => failed('module-identity-mismatch', detail)
  const expected = expectedModule(tcbInfo, body.teeTcbSvn)
  if (expected === undefined) return mismatch(`Intel names no module of version ${body.teeTcbSvn[1]}`)
  if (toHex(body.mrSignerSeam) !== expected.mrsigner) return mismatch(`signed by ${toHex(body.mrSignerSeam)}`)
  const attributes = toHex(body.seamAttributes)
  // As the identity masks them, and zero besides: any that is set puts the module itself under debug.
  if (!equalsUnder(expected.attributesMask, body.seamAttributes, expected.attributes) || /[^0]/.test(attributes)) {
    return mismatch(`attributes ${attributes}`)
  }
  return passed(`version ${body.teeTcbSvn[1]}.${body.teeTcbSvn[0]}`)
}

function checkStatus({ tcb, reference }: TdxSubject): Outcome {
  if (tcb === null) return failed('tcb-level-unknown', "platform, module or quoting enclave is below all of Intel's levels")
  const { status, platform, module, quotingEnclave, advisories } = tcb
  const parts = `platform ${platform}, module ${module ?? 'with the platform'}, quoting enclave ${quotingEnclave}`
  const detail = `${status} (${parts})${advisories.length > 0 ? `: ${advisories.join(', ')}` : ''}`
  if (status === 'Revoked') return failed('tcb-revoked', detail)
  const allowed: readonly string[] = reference.policy.tcbStatuses
  if (!allowed.includes(status)) return failed('tcb-status-not-allowed', detail)
  return status === 'UpToDate' ? passed(detail) : waived('tcb-status', detail)
}
