import type { TcbStatus } from './tcb-status.ts'

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
  readonly tcb: {
    /** after convergence */
    readonly status: TcbStatus
    readonly platform: TcbStatus
    readonly module: TcbStatus
    readonly quotingEnclave: TcbStatus
    /** the oldest of the levels that were met, ISO 8601 */
    readonly date: string
    /** e.g. `INTEL-SA-00837`, sorted */
    readonly advisories: readonly string[]
    readonly evaluationDataNumber: number
  }
}
