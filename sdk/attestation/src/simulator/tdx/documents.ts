import type { EnclaveLevel, QeIdentity, TcbInfo } from './collateral.ts'

export interface SimulatedTdxTcb {
  /** 16 numbers each, as in the PCK certificate and in TEE_TCB_SVN */
  readonly sgxComponents: readonly number[]
  readonly tdxComponents: readonly number[]
  readonly pceSvn: number
  readonly quotingEnclaveSvn: number
}

/** SHA-256 of the key that signed the quoting enclave, if there were one */
export const quotingEnclaveSigner = '51'.repeat(32)
/** DEBUG and the like are compared, what is reserved for the platform is not; as in Intel's own identity */
const quotingEnclaveAttributes = { value: '11000000000000000000000000000000', mask: 'FBFFFFFFFFFFFFFF0000000000000000' }

const sgxTypes = ['Early Microcode Update', 'SGX Late Microcode Update', 'TXT SINIT']
const tdxTypes = ['TDX Module', 'TDX Module', 'TDX Late Microcode Update']
const newest = { tcbDate: '2024-03-13T00:00:00Z', tcbStatus: 'UpToDate' }
const moduleMeasurements = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) }

interface DocumentOptions {
  readonly fmspc: string
  readonly pceId: string
  readonly tcb: SimulatedTdxTcb
  readonly issueDate: Date
  readonly nextUpdate: Date
}

/** TCB info under which the platform is up to date, and one with an older PCE is out of date. */
export function tcbInfoDocument({ fmspc, pceId, tcb, ...dates }: DocumentOptions): TcbInfo {
  // Version of the module and the SVN within it: the module's own identity decides about these (tdxModuleIdentities).
  const tdxComponents = tcb.tdxComponents.map((svn, index) => (index === 1 ? 0 : svn))
  const components = {
    sgxtcbcomponents: tcb.sgxComponents.map((svn, index) => component(svn, sgxTypes[index])),
    tdxtcbcomponents: tdxComponents.map((svn, index) => component(svn, tdxTypes[index])),
  }
  const level = (pcesvn: number) => ({
    sgxtcbcomponents: components.sgxtcbcomponents,
    pcesvn,
    tdxtcbcomponents: components.tdxtcbcomponents,
  })
  return {
    id: 'TDX',
    version: 3,
    ...isoDates(dates),
    fmspc: fmspc.toUpperCase(),
    pceId: pceId.toUpperCase(),
    tcbType: 0,
    tcbEvaluationDataNumber: 17,
    tdxModule: moduleMeasurements,
    tdxModuleIdentities: [
      { id: 'TDX_03', ...moduleMeasurements, tcbLevels: enclaveLevels(3) },
      { id: 'TDX_01', ...moduleMeasurements, tcbLevels: enclaveLevels(4, 2) },
    ],
    tcbLevels: [
      { tcb: level(tcb.pceSvn), ...newest },
      {
        tcb: level(5),
        tcbDate: '2018-01-04T00:00:00Z',
        tcbStatus: 'OutOfDate',
        advisoryIDs: ['INTEL-SA-00106', 'INTEL-SA-00837'],
      },
    ],
  }
}

export function qeIdentityDocument({ issueDate, nextUpdate }: DocumentOptions): QeIdentity {
  return {
    id: 'TD_QE',
    version: 2,
    ...isoDates({ issueDate, nextUpdate }),
    tcbEvaluationDataNumber: 17,
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: quotingEnclaveAttributes.value,
    attributesMask: quotingEnclaveAttributes.mask,
    mrsigner: quotingEnclaveSigner.toUpperCase(),
    isvprodid: 2,
    tcbLevels: enclaveLevels(4, 2),
  }
}

function enclaveLevels(upToDate: number, outOfDate?: number): readonly EnclaveLevel[] {
  const older = { tcbDate: '2023-08-09T00:00:00Z', tcbStatus: 'OutOfDate' }
  return [
    { tcb: { isvsvn: upToDate }, ...newest },
    ...(outOfDate === undefined ? [] : [{ tcb: { isvsvn: outOfDate }, ...older }]),
  ]
}

function component(svn: number, type: string | undefined) {
  return type === undefined ? { svn } : { svn, category: type.startsWith('Early') ? 'BIOS' : 'OS/VMM', type }
}

/** whole seconds, as Intel writes them */
function isoDates(dates: { readonly issueDate: Date; readonly nextUpdate: Date }) {
  const text = (date: Date) => date.toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { issueDate: text(dates.issueDate), nextUpdate: text(dates.nextUpdate) }
}
