import type { EnclaveLevel, PlatformLevel, QeIdentity, TcbInfo } from '../../simulator/tdx/collateral.ts'
import { faultsOf, type TdxFault } from './fault.ts'

/** minor and major version of the TDX module, then its microcode, as TEE_TCB_SVN has them */
export function teeTcbSvn(minor: number, major = 1, microcode = 2): Uint8Array {
  return Uint8Array.of(minor, major, microcode, ...new Uint8Array(13))
}

/** The verdict of every level of the platform, of the module, or of the quoting enclave. */
export const platformIs = (tcbStatus: string) => ({
  tcbInfo: (info: TcbInfo) => ({ ...info, tcbLevels: info.tcbLevels.map((level) => ({ ...level, tcbStatus })) }),
})
export const moduleIs = (tcbStatus: string) => ({
  tcbInfo: (info: TcbInfo) => ({
    ...info,
    tdxModuleIdentities: info.tdxModuleIdentities.map((identity) => ({
      ...identity,
      tcbLevels: identity.tcbLevels.map((level: EnclaveLevel) => ({ ...level, tcbStatus })),
    })),
  }),
})
export const quotingEnclaveIs = (tcbStatus: string) => ({
  qeIdentity: (identity: QeIdentity) => ({
    ...identity,
    tcbLevels: identity.tcbLevels.map((level) => ({ ...level, tcbStatus })),
  }),
})

const module: TdxFault['bypass'] = 'the TDX module has no identity (dcap-qvl 124)'
const outOfDate: TdxFault['bypass'] = 'out of date is called valid (dcap-qvl 125)'
const notConverged: TdxFault['bypass'] = "the module's status is returned in place of converging"

const identity: readonly TdxFault[] = faultsOf({ check: 'module-identity', reason: 'module-identity-mismatch' }, [
  { when: 'the module is of another signer', bypass: module, overrides: { body: { mrSignerSeam: new Uint8Array(48).fill(1) } } },
  { when: 'the module is in debug', bypass: module, overrides: { body: { seamAttributes: 1n } } },
  {
    when: 'the module has an attribute that its identity masks',
    overrides: {
      body: { seamAttributes: 1n << 63n },
      tcbInfo: (info) => ({
        ...info,
        tdxModuleIdentities: info.tdxModuleIdentities.map((i) => ({ ...i, attributesMask: '00'.repeat(8) })),
      }),
    },
  },
  { when: 'Intel names no module of that version', bypass: module, overrides: { body: { teeTcbSvn: teeTcbSvn(5, 2) } } },
  {
    when: 'Intel names no module at all',
    bypass: module,
    overrides: { tcbInfo: (info) => ({ ...info, tdxModuleIdentities: [] }) },
  },
  {
    when: 'the TCB info leaves the identities of modules out',
    bypass: module,
    overrides: { tcbInfo: ({ tdxModuleIdentities: _, ...info }) => info },
  },
  {
    when: "the module's own identity is of another signer than modules in general",
    overrides: {
      tcbInfo: (info) => ({
        ...info,
        tdxModuleIdentities: info.tdxModuleIdentities.map((i) => ({ ...i, mrsigner: '11'.repeat(48) })),
      }),
    },
  },
  {
    when: 'a module without a version of its own is of another signer',
    bypass: module,
    overrides: {
      body: { teeTcbSvn: teeTcbSvn(5, 0) },
      tcbInfo: (info) => ({ ...info, tdxModule: { ...info.tdxModule, mrsigner: '11'.repeat(48) } }),
    },
  },
])

const unknown: readonly TdxFault[] = faultsOf({ check: 'tcb-status', reason: 'tcb-level-unknown' }, [
  { when: 'the PCE is older than every level', overrides: { pckExtension: (p) => ({ ...p, pceSvn: 4 }) } },
  ...[0, 4, 7].map((index) => ({
    when: `component ${index} of the PCK is below every level`,
    overrides: {
      pckExtension: (p: { readonly components: readonly number[] }) => ({
        ...p,
        components: p.components.with(index, (p.components[index] ?? 1) - 1),
      }),
    } as TdxFault['overrides'] & object,
  })),
  {
    when: 'the last component of the PCK is below every level',
    overrides: onLevels(({ tcb, ...level }) => ({
      ...level,
      tcb: { ...tcb, sgxtcbcomponents: tcb.sgxtcbcomponents.with(15, { svn: 1 }) },
    })),
  },
  { when: 'the microcode of TDX is below every level', overrides: { body: { teeTcbSvn: teeTcbSvn(5, 1, 1) } } },
  {
    when: 'the last component of TDX is below every level',
    overrides: onLevels(({ tcb, ...level }) => ({
      ...level,
      tcb: { ...tcb, tdxtcbcomponents: tcb.tdxtcbcomponents.with(15, { svn: 1 }) },
    })),
  },
  { when: 'a module without a version of its own is below every level', overrides: { body: { teeTcbSvn: teeTcbSvn(4, 0) } } },
  { when: 'the module is below every level of its identity', bypass: module, overrides: { body: { teeTcbSvn: teeTcbSvn(1) } } },
  { when: 'the quoting enclave is below every level', overrides: { enclaveReport: { isvSvn: 1 } } },
  {
    when: 'the module that the TD runs under now is below every level',
    guest: { version: 5 },
    overrides: { body: { teeTcbSvn2: teeTcbSvn(1) } },
  },
])

function onLevels(change: (level: PlatformLevel) => unknown) {
  return { tcbInfo: (info: TcbInfo) => ({ ...info, tcbLevels: info.tcbLevels.map(change) }) }
}

const revoked: readonly TdxFault[] = faultsOf({ check: 'tcb-status', reason: 'tcb-revoked' }, [
  { when: 'the level of the platform is revoked', overrides: platformIs('Revoked') },
  { when: 'the level of the module is revoked', overrides: moduleIs('Revoked') },
  { when: 'the level of the quoting enclave is revoked', overrides: quotingEnclaveIs('Revoked') },
  {
    when: 'the level of the platform is revoked, and the reference values take all that they can',
    overrides: platformIs('Revoked'),
    reference: { policy: { tcbStatuses: ['UpToDate', 'OutOfDate', 'OutOfDateConfigurationNeeded', 'TDRelaunchAdvised'] } },
  },
])

const notAllowed: readonly TdxFault[] = faultsOf({ check: 'tcb-status', reason: 'tcb-status-not-allowed' }, [
  { when: 'the PCE is out of date', bypass: outOfDate, overrides: { pckExtension: (p) => ({ ...p, pceSvn: 10 }) } },
  ...[
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
    'OutOfDate',
    'OutOfDateConfigurationNeeded',
  ].map((status) => ({
    when: `the platform is ${status}, and the module up to date`,
    bypass: notConverged,
    overrides: platformIs(status),
  })),
  {
    when: 'the module is out of date, and the platform is not',
    bypass: outOfDate,
    overrides: { body: { teeTcbSvn: teeTcbSvn(3) } },
  },
  { when: 'the module is called out of date, and the platform is not', bypass: outOfDate, overrides: moduleIs('OutOfDate') },
  {
    when: 'the quoting enclave is out of date, and all else is not',
    bypass: outOfDate,
    overrides: { enclaveReport: { isvSvn: 3 } },
  },
  { when: 'the quoting enclave needs configuration, and all else does not', overrides: quotingEnclaveIs('ConfigurationNeeded') },
  {
    when: 'the platform needs configuration and the module is out of date, where either alone is allowed',
    bypass: notConverged,
    overrides: { ...platformIs('ConfigurationNeeded'), body: { teeTcbSvn: teeTcbSvn(3) } },
    reference: { policy: { tcbStatuses: ['UpToDate', 'OutOfDate', 'ConfigurationNeeded'] } },
  },
  {
    when: 'a TD was launched under a module that is out of date, and runs under one that is not',
    guest: { version: 5 },
    overrides: { body: { teeTcbSvn: teeTcbSvn(3) } },
    reference: { policy: { tcbStatuses: ['UpToDate', 'OutOfDate'] } },
  },
  {
    when: 'a TD was launched under a module that is up to date, and runs under one that is not',
    guest: { version: 5 },
    overrides: { body: { teeTcbSvn2: teeTcbSvn(3) } },
  },
])

export const tcbFaults: readonly TdxFault[] = [
  ...faultsOf({ check: 'fmspc', reason: 'fmspc-mismatch' }, [
    {
      when: 'the TCB info is for another kind of platform',
      overrides: { tcbInfo: (info) => ({ ...info, fmspc: '00F06F000001' }) },
    },
    { when: 'the PCK is of another kind of platform', overrides: { pckExtension: (p) => ({ ...p, fmspc: new Uint8Array(6) }) } },
  ]),
  ...faultsOf({ check: 'pce-id', reason: 'pce-id-mismatch' }, [
    { when: 'the TCB info is for another PCE', overrides: { tcbInfo: (info) => ({ ...info, pceId: '0001' }) } },
    { when: 'the PCK is of another PCE', overrides: { pckExtension: (p) => ({ ...p, pceId: Uint8Array.of(1, 0) }) } },
  ]),
  ...identity,
  ...unknown,
  ...revoked,
  ...notAllowed,
]
