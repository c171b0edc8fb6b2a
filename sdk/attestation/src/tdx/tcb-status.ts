/** Intel's verdicts on a TCB level, and the two that only the check for a relaunch can give. */
export const tcbStatuses = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
  'Revoked',
] as const
export type TcbStatus = (typeof tcbStatuses)[number]

/** What a status says, apart from each other. */
interface Facets {
  readonly revoked?: true
  readonly outOfDate?: true
  readonly configuration?: true
  readonly hardening?: true
  readonly relaunch?: true
}

const facets: Readonly<Record<TcbStatus, Facets>> = {
  UpToDate: {},
  SWHardeningNeeded: { hardening: true },
  ConfigurationNeeded: { configuration: true },
  ConfigurationAndSWHardeningNeeded: { configuration: true, hardening: true },
  OutOfDate: { outOfDate: true },
  OutOfDateConfigurationNeeded: { outOfDate: true, configuration: true },
  TDRelaunchAdvised: { relaunch: true },
  TDRelaunchAdvisedConfigurationNeeded: { relaunch: true, configuration: true },
  Revoked: { revoked: true },
}

/**
 * The verdict on several parts of which each must be good: what is wrong with any is wrong with all, as Intel converges it
 * (convergeTcbStatusWithTdxModuleStatus and convergeTcbStatusWithQeTcbStatus).
 */
export function converge(statuses: readonly TcbStatus[]): TcbStatus {
  const any = (facet: keyof Facets) => statuses.some((status) => facets[status][facet])
  if (any('revoked')) return 'Revoked'
  // What is out of date gets hardened by what replaces it.
  if (any('outOfDate')) return any('configuration') ? 'OutOfDateConfigurationNeeded' : 'OutOfDate'
  if (any('relaunch')) return any('configuration') ? 'TDRelaunchAdvisedConfigurationNeeded' : 'TDRelaunchAdvised'
  if (any('configuration')) return any('hardening') ? 'ConfigurationAndSWHardeningNeeded' : 'ConfigurationNeeded'
  return any('hardening') ? 'SWHardeningNeeded' : 'UpToDate'
}

/**
 * The verdict on a TD that was launched under one TDX module and runs under another (Intel, TDRelaunchCheck): where the
 * one that runs is no longer out of date, launching again is all that is missing.
 *
 * Stricter than Intel's in the other direction: a TD is never better than the module that it runs under.
 */
export function afterRelaunchCheck(launch: TcbStatus, current: TcbStatus): TcbStatus {
  const both = converge([launch, current])
  const fixed = facets[launch].outOfDate && !facets[current].outOfDate && !facets[current].revoked
  if (!fixed) return both
  return facets[both].configuration ? 'TDRelaunchAdvisedConfigurationNeeded' : 'TDRelaunchAdvised'
}
