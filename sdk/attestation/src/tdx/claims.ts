import { toHex } from '@reinraum/crypto'
import type { TdxSubject } from './subject.ts'
import type { TcbStatus } from './tcb-status.ts'
import { parseTdAttributes } from './td-attributes.ts'

/** What a quote says, as JSON: bytes in hex. */
export interface TdxClaims {
  readonly tee: 'tdx'
  readonly version: 4 | 5
  /** TD 1.0 or 1.5: which body the quote has */
  readonly body: '1.0' | '1.5'
  readonly teeTcbSvn: string
  /** TD 1.5 only */
  readonly teeTcbSvn2: string | null
  readonly mrSeam: string
  readonly mrSignerSeam: string
  readonly seamAttributes: string
  readonly tdAttributes: string
  readonly xfam: string
  readonly mrtd: string
  readonly mrConfigId: string
  readonly mrOwner: string
  readonly mrOwnerConfig: string
  readonly rtmr: readonly [string, string, string, string]
  readonly reportData: string
  /** TD 1.5 only */
  readonly mrServiceTd: string | null
  readonly attributes: {
    readonly debug: boolean
    readonly septVeDisable: boolean
    readonly pks: boolean
    readonly perfmon: boolean
  }
  readonly pck: {
    readonly fmspc: string
    readonly pceId: string
    readonly ppid: string
    readonly pceSvn: number
    readonly cpuSvn: string
    readonly serial: string
  }
  /** null where a part of the platform meets none of Intel's levels */
  readonly tcb: {
    /** after convergence, and after the check for a relaunch */
    readonly status: TcbStatus
    readonly platform: TcbStatus
    /** null where the module's version is judged with the platform's components */
    readonly module: TcbStatus | null
    readonly quotingEnclave: TcbStatus
    /** the oldest of the levels that were met, ISO 8601 */
    readonly date: string
    /** e.g. `INTEL-SA-00837`, sorted */
    readonly advisories: readonly string[]
    readonly evaluationDataNumber: number
  } | null
}

export function claimsOf(subject: TdxSubject): TdxClaims | null {
  const { quote, chain } = subject
  if (chain === null) return null
  const { body } = quote
  const { debug, septVeDisable, pks, perfmon } = parseTdAttributes(body.tdAttributes)
  const { fmspc, pceId, ppid, pceSvn, cpuSvn } = chain.pckExtension
  const [rtmr0, rtmr1, rtmr2, rtmr3] = body.rtmr
  return {
    tee: 'tdx',
    version: quote.version,
    body: body.kind,
    teeTcbSvn: toHex(body.teeTcbSvn),
    teeTcbSvn2: body.teeTcbSvn2 === null ? null : toHex(body.teeTcbSvn2),
    mrSeam: toHex(body.mrSeam),
    mrSignerSeam: toHex(body.mrSignerSeam),
    seamAttributes: toHex(body.seamAttributes),
    tdAttributes: toHex(body.tdAttributes),
    xfam: toHex(body.xfam),
    mrtd: toHex(body.mrtd),
    mrConfigId: toHex(body.mrConfigId),
    mrOwner: toHex(body.mrOwner),
    mrOwnerConfig: toHex(body.mrOwnerConfig),
    rtmr: [toHex(rtmr0), toHex(rtmr1), toHex(rtmr2), toHex(rtmr3)],
    reportData: toHex(body.reportData),
    mrServiceTd: body.mrServiceTd === null ? null : toHex(body.mrServiceTd),
    attributes: { debug, septVeDisable, pks, perfmon },
    pck: { fmspc, pceId, ppid, pceSvn, cpuSvn, serial: chain.pck.serial },
    tcb: tcbClaims(subject),
  }
}

function tcbClaims({ collateral, tcb }: TdxSubject): TdxClaims['tcb'] {
  if (tcb === null || typeof collateral === 'string' || collateral.tcbInfo.value === null) return null
  const { tcbEvaluationDataNumber: evaluationDataNumber } = collateral.tcbInfo.value
  return { ...tcb, date: tcb.date.toISOString(), evaluationDataNumber }
}
