import { expect, it } from 'vitest'
import type { QeIdentity } from './qe-identity.ts'
import { evaluateTcb, expectedModule, type TcbInput } from './tcb.ts'
import type { TcbInfo } from './tcb-info.ts'

const sixteen = (...first: readonly number[]) => Array.from({ length: 16 }, (_, index) => first[index] ?? 0)
const svns = (...first: number[]) => sixteen(...first).map((svn) => ({ svn }))
const day = (text: string) => new Date(`${text}T00:00:00Z`)

type Level = TcbInfo['tcbLevels'][number]
function level(sgx: number[], pcesvn: number, tdx: number[], more: Partial<Omit<Level, 'tcb'>> = {}): Level {
  const tcb = { sgxtcbcomponents: svns(...sgx), pcesvn, tdxtcbcomponents: svns(...tdx) }
  return { tcb, tcbDate: day('2025-03-01'), tcbStatus: 'UpToDate', advisoryIDs: [], ...more }
}

const signer = (digit: string) => ({ mrsigner: digit.repeat(96), attributes: '0'.repeat(16), attributesMask: 'f'.repeat(16) })
function module(id: string, ...levels: readonly [number, 'UpToDate' | 'OutOfDate' | 'Revoked', string, string[]?][]) {
  const tcbLevels = levels.map(([isvsvn, tcbStatus, date, advisoryIDs = []]) => {
    return { tcb: { isvsvn }, tcbStatus, tcbDate: day(date), advisoryIDs }
  })
  return { ...signer('1'), id, tcbLevels }
}

function tcbInfo(tcbLevels: readonly Level[]): TcbInfo {
  return {
    id: 'TDX',
    version: 3,
    issueDate: day('2026-01-01'),
    nextUpdate: day('2026-02-01'),
    fmspc: '00'.repeat(6),
    pceId: '0000',
    tcbType: 0,
    tcbEvaluationDataNumber: 18,
    tdxModule: signer('0'),
    tdxModuleIdentities: [
      module('TDX_03', [3, 'UpToDate', '2025-02-01']),
      module(
        'TDX_01',
        [5, 'UpToDate', '2025-02-01'],
        [2, 'OutOfDate', '2024-02-01', ['INTEL-SA-2']],
        [1, 'Revoked', '2023-02-01'],
      ),
      module('TDX_0A', [1, 'OutOfDate', '2024-01-01']),
    ],
    tcbLevels: [...tcbLevels],
  }
}

const qeIdentity: QeIdentity = {
  id: 'TD_QE',
  version: 2,
  issueDate: day('2026-01-01'),
  nextUpdate: day('2026-02-01'),
  tcbEvaluationDataNumber: 18,
  miscselect: '00000000',
  miscselectMask: 'ffffffff',
  attributes: '00'.repeat(16),
  attributesMask: 'ff'.repeat(16),
  mrsigner: '00'.repeat(32),
  isvprodid: 2,
  tcbLevels: [
    { tcb: { isvsvn: 4 }, tcbStatus: 'UpToDate', tcbDate: day('2025-01-01'), advisoryIDs: [] },
    { tcb: { isvsvn: 2 }, tcbStatus: 'OutOfDate', tcbDate: day('2022-01-01'), advisoryIDs: ['INTEL-SA-3', 'INTEL-SA-1'] },
  ],
}

const levels = [
  level([2, 3], 11, [5, 0, 2]),
  level([2, 1], 11, [5, 0, 2], { tcbStatus: 'SWHardeningNeeded', tcbDate: day('2024-06-01') }),
  level([1, 1], 5, [3, 0, 1], { tcbStatus: 'OutOfDate', tcbDate: day('2021-01-01'), advisoryIDs: ['INTEL-SA-1'] }),
]

function evaluate(
  changes: Partial<Omit<TcbInput, 'teeTcbSvn' | 'teeTcbSvn2'>> & { svn?: readonly number[]; svn2?: readonly number[] } = {},
) {
  const { svn = [5, 1, 2], svn2, ...more } = changes
  const teeTcbSvn2 = svn2 === undefined ? null : Uint8Array.from(sixteen(...svn2))
  const input = { tcbInfo: tcbInfo(levels), qeIdentity, pck: { components: sixteen(2, 3), pceSvn: 11 }, qeIsvSvn: 4 }
  return evaluateTcb({ ...input, teeTcbSvn: Uint8Array.from(sixteen(...svn)), teeTcbSvn2, ...more })
}
const pck = (components: number[], pceSvn = 11) => ({ pck: { components: sixteen(...components), pceSvn } })

it('parts that are all at their newest level are up to date, as of the oldest of them', () => {
  expect(evaluate()).toEqual({
    status: 'UpToDate',
    platform: 'UpToDate',
    module: 'UpToDate',
    quotingEnclave: 'UpToDate',
    date: day('2025-01-01'),
    advisories: [],
  })
})

it.each([
  ['every component of the platform', pck([2, 2]), 'SWHardeningNeeded'],
  ['the version of the PCE', pck([2, 3], 10), 'OutOfDate'],
  ['the components of TDX from the third on', { svn: [5, 1, 1] }, 'OutOfDate'],
] as const)('a level is met only with %s', (_, changes, platform) => {
  expect(evaluate(changes)).toMatchObject({ platform })
})

it('the last component counts as much as the first', () => {
  const last = level([...Array(15).fill(0), 1], 0, [...Array(15).fill(0), 1])
  const at = (sgx: number, tdx: number) =>
    evaluate({ tcbInfo: tcbInfo([last]), ...pck([...Array(15).fill(9), sgx]), svn: [5, 1, ...Array(13).fill(9), tdx] })
  expect([at(1, 1), at(0, 1), at(1, 0)].map((verdict) => verdict?.platform ?? null)).toEqual(['UpToDate', null, null])
})

it('a module with a version of its own is judged by its identity and not by the first two components', () => {
  expect(evaluate({ svn: [4, 1, 2] })).toMatchObject({ platform: 'UpToDate', module: 'OutOfDate', status: 'OutOfDate' })
  expect(evaluate({ svn: [1, 1, 2] })).toMatchObject({ platform: 'UpToDate', module: 'Revoked', status: 'Revoked' })
  expect(evaluate({ svn: [3, 3, 2] })).toMatchObject({ module: 'UpToDate' })
})

it('a module without one is judged with the platform, by all of the components', () => {
  expect(evaluate({ svn: [5, 0, 2] })).toMatchObject({ platform: 'UpToDate', module: null, status: 'UpToDate' })
  expect(evaluate({ svn: [4, 0, 2] })).toMatchObject({ platform: 'OutOfDate', module: null })
})

it('the major version is written in hex, as Intel writes it', () => {
  expect(evaluate({ svn: [1, 10, 2] })).toMatchObject({ module: 'OutOfDate' })
})

it('a part below all of the levels has no verdict, whatever the others are', () => {
  expect(evaluate(pck([0, 0]))).toBeNull()
  expect(evaluate({ svn: [0, 1, 2] })).toBeNull()
  expect(evaluate({ svn: [5, 2, 2] })).toBeNull()
  expect(evaluate({ qeIsvSvn: 1 })).toBeNull()
})

it('a verdict is the worst of the parts, with the advisories of all', () => {
  expect(evaluate({ qeIsvSvn: 3 })).toMatchObject({ status: 'OutOfDate', quotingEnclave: 'OutOfDate', date: day('2022-01-01') })
  expect(evaluate({ qeIsvSvn: 3, svn: [2, 1, 1], ...pck([1, 1]) })).toMatchObject({
    status: 'OutOfDate',
    date: day('2021-01-01'),
    advisories: ['INTEL-SA-1', 'INTEL-SA-2', 'INTEL-SA-3'],
  })
})

it('a quoting enclave that needs configuration is out of date to Intel, whatever it is called', () => {
  const [first, ...others] = qeIdentity.tcbLevels
  if (first === undefined) throw new Error('there are levels')
  const needs = { ...qeIdentity, tcbLevels: [{ ...first, tcbStatus: 'ConfigurationNeeded' as const }, ...others] }
  const verdict = { status: 'OutOfDateConfigurationNeeded', platform: 'UpToDate', quotingEnclave: 'ConfigurationNeeded' }
  expect(evaluate({ qeIdentity: needs })).toMatchObject(verdict)
})

it('a TD whose module was updated under it is advised to launch again', () => {
  expect(evaluate({ svn: [2, 1, 2], svn2: [5, 1, 2] })).toMatchObject({
    status: 'TDRelaunchAdvised',
    module: 'OutOfDate',
    date: day('2024-02-01'),
    advisories: ['INTEL-SA-2'],
  })
  expect(evaluate({ svn: [2, 1, 2], svn2: [2, 1, 2] })).toMatchObject({ status: 'OutOfDate' })
  expect(evaluate({ svn: [5, 1, 2], svn2: [2, 1, 2] })).toMatchObject({ status: 'OutOfDate' })
  expect(evaluate({ svn: [5, 1, 2], svn2: [5, 2, 2] })).toBeNull()
})

it('a TD of which something else than the module was out of date is not: it is called what it is', () => {
  expect(evaluate({ svn: [5, 1, 1], svn2: [5, 1, 2] })).toMatchObject({ status: 'OutOfDate', platform: 'OutOfDate' })
  expect(evaluate({ svn: [4, 0, 2], svn2: [5, 1, 2] })).toMatchObject({ status: 'OutOfDate', module: null })
})

it('the module of each major version has an identity, and that without a version has the common one', () => {
  const expected = (major: number) => expectedModule(tcbInfo(levels), Uint8Array.from(sixteen(5, major)))?.mrsigner
  expect([0, 1, 2].map(expected)).toEqual(['0'.repeat(96), '1'.repeat(96), undefined])
})
