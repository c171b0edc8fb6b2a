import type { PckExtension } from './pck-extension.ts'
import type { QeIdentity } from './qe-identity.ts'
import type { TcbInfo, TdxModuleIdentity } from './tcb-info.ts'
import { afterRelaunchCheck, converge, type TcbStatus } from './tcb-status.ts'

export interface TcbInput {
  readonly tcbInfo: TcbInfo
  readonly qeIdentity: QeIdentity
  readonly pck: Pick<PckExtension, 'components' | 'pceSvn'>
  readonly qeIsvSvn: number
  /** 16 bytes: what the TD was launched under */
  readonly teeTcbSvn: Uint8Array
  /** 16 bytes: what it runs under now; null where the quote does not say */
  readonly teeTcbSvn2: Uint8Array | null
}

export interface TcbVerdict {
  /** after convergence, and after the check for a relaunch */
  readonly status: TcbStatus
  readonly platform: TcbStatus
  /** null where the module's version is judged with the platform's components */
  readonly module: TcbStatus | null
  readonly quotingEnclave: TcbStatus
  /** the oldest of the levels that were met */
  readonly date: Date
  /** sorted, each once */
  readonly advisories: readonly string[]
}

/** TEE_TCB_SVN: the TDX module's minor and major version. */
const [minorAt, majorAt] = [0, 1]

/**
 * Intel's verdict on platform, TDX module and quoting enclave together (QuoteVerifier, checkTcbLevel 4.1.2.5.19 and 20).
 *
 * @returns null where one of them meets none of the levels
 */
export function evaluateTcb(input: TcbInput): TcbVerdict | null {
  const launch = evaluateSvn(input, input.teeTcbSvn)
  if (launch === null || input.teeTcbSvn2 === null) return launch
  const current = evaluateSvn(input, input.teeTcbSvn2)
  if (current === null) return null
  return {
    ...launch,
    // Where it is not the module that is out of date, launching again would not mend it (Intel, checkForRelaunch).
    status:
      launch.module === 'OutOfDate'
        ? afterRelaunchCheck(launch.status, current.status)
        : converge([launch.status, current.status]),
    date: oldest([launch.date, current.date]),
    advisories: union([launch.advisories, current.advisories]),
  }
}

function evaluateSvn(input: TcbInput, svn: Uint8Array): TcbVerdict | null {
  const platform = platformLevel(input, svn)
  const module = moduleLevel(input.tcbInfo, svn)
  const enclave = input.qeIdentity.tcbLevels.find((level) => input.qeIsvSvn >= level.tcb.isvsvn)
  if (platform === undefined || module === undefined || enclave === undefined) return null
  const levels = [platform, ...(module === null ? [] : [module]), enclave]
  return {
    status: converge([...levels.map(({ tcbStatus }) => tcbStatus), ofEnclave(enclave.tcbStatus)]),
    platform: platform.tcbStatus,
    module: module?.tcbStatus ?? null,
    quotingEnclave: enclave.tcbStatus,
    date: oldest(levels.map(({ tcbDate }) => tcbDate)),
    advisories: union(levels.map(({ advisoryIDs }) => advisoryIDs)),
  }
}

/** An enclave that is not up to date is out of date, whatever it is called (Intel, EnclaveReportVerifier 4.1.2.9.10). */
function ofEnclave(status: TcbStatus): TcbStatus {
  return status === 'UpToDate' || status === 'Revoked' ? status : 'OutOfDate'
}

/** The first level, newest first as Intel signs them, that the platform is at in every component. */
function platformLevel({ tcbInfo, pck }: TcbInput, svn: Uint8Array): TcbInfo['tcbLevels'][number] | undefined {
  // A module with a version of its own is judged by its identity, not by the platform's first two components.
  const from = at(svn, majorAt) > 0 ? 2 : 0
  return tcbInfo.tcbLevels.find(
    ({ tcb }) =>
      tcb.sgxtcbcomponents.every((component, index) => at(pck.components, index) >= component.svn) &&
      pck.pceSvn >= tcb.pcesvn &&
      tcb.tdxtcbcomponents.every((component, index) => index < from || at(svn, index) >= component.svn),
  )
}

/** @returns null where there is none to meet, undefined where none is met */
function moduleLevel(tcbInfo: TcbInfo, svn: Uint8Array): TdxModuleIdentity['tcbLevels'][number] | null | undefined {
  if (at(svn, majorAt) === 0) return null
  return moduleIdentity(tcbInfo, svn)?.tcbLevels.find((level) => at(svn, minorAt) >= level.tcb.isvsvn)
}

/** @returns undefined where Intel names no module of that major version */
function moduleIdentity(tcbInfo: TcbInfo, svn: Uint8Array): TdxModuleIdentity | undefined {
  const id = `TDX_${at(svn, majorAt).toString(16).padStart(2, '0').toUpperCase()}`
  return tcbInfo.tdxModuleIdentities.find((identity) => identity.id === id)
}

/** What the quote's SEAM fields must be: the identity of that module version, or of the module as such where it has none. */
export function expectedModule(tcbInfo: TcbInfo, svn: Uint8Array): TcbInfo['tdxModule'] | undefined {
  return at(svn, majorAt) === 0 ? tcbInfo.tdxModule : moduleIdentity(tcbInfo, svn)
}

/** A component that is not there is at no version. */
function at(values: Uint8Array | readonly number[], index: number): number {
  return values[index] ?? -1
}

function oldest(dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map(Number)))
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort()
}
