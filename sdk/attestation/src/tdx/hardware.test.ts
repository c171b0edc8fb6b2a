import { fromHex, toHex, utf8 } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { appraiseEventLog } from '../event-log/appraise-event-log.ts'
import type { AttestationResult } from '../result.ts'
import { collateral2026, encodeCollateral, signedPart } from '../testing/tdx-collateral.ts'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { parseCollateral } from './collateral.ts'
import { pckExtensionOid, readPckExtension } from './pck-extension.ts'
import { parseQeIdentity, type QeIdentity } from './qe-identity.ts'
import { parseQuote, type TdxQuote } from './quote.ts'
import type { TdxReferenceValuesInput } from './reference-values.ts'
import { intelRoot } from './roots.ts'
import { readPckChain } from './subject.ts'
import { evaluateTcb } from './tcb.ts'
import { parseTcbInfo, type TcbInfo } from './tcb-info.ts'
import { parseTdAttributes } from './td-attributes.ts'

/** As an independent computation read the quote and judged it (EXPECTED-tdx.json). */
interface Expected {
  readonly file: string
  readonly version: number
  readonly trailing: number
  readonly fmspc: string
  readonly pck_serial: string
  readonly tee_tcb_svn: string
  readonly tee_tcb_svn2: string | null
  readonly td_attributes: string
  readonly debug: boolean
  readonly sept_ve_disable: boolean
  readonly pks: boolean
  readonly perfmon: boolean
  readonly xfam: string
  readonly mrtd: string
  readonly rtmr: readonly [string, string, string, string]
  readonly mrconfigid: string
  readonly report_data: string
  readonly mr_servicetd: string | null
  readonly tcb: Readonly<Record<string, ExpectedTcb>>
}
interface ExpectedTcb {
  readonly eval: number
  readonly issueDate: string
  readonly platform: string | null
  readonly module: string | null
  readonly converged: string
  readonly advisoryIDs: readonly string[]
  readonly after_relaunch_check?: string
}

const all: readonly Expected[] = hasVectors ? JSON.parse(readText('EXPECTED-tdx.json')) : []
const judged = all.flatMap((expected) => Object.entries(expected.tcb).map(([path, tcb]) => ({ expected, path, tcb })))

function readText(path: string): string {
  return Buffer.from(readVector(path)).toString('utf8')
}

function readQuote(file: string): TdxQuote {
  const parsed = parseQuote(readVector(file))
  if (parsed.malformed !== null || parsed.quote === null) throw new Error(`${file} cannot be read`)
  return parsed.quote
}

function readTcbInfo(path: string): TcbInfo {
  const text = path.endsWith('/collateral.json')
    ? JSON.parse(readText(path)).tcb_info
    : signedPart(readText(path), 'tcbInfo').text
  const tcbInfo = parseTcbInfo(utf8(text))
  if (tcbInfo === null) throw new Error(`${path} is no TCB info`)
  return tcbInfo
}

async function appraiseHardware(
  folder: string,
  collateral: Uint8Array,
  now: string,
  reference: Partial<TdxReferenceValuesInput> = {},
  eventLog?: Uint8Array,
): Promise<{ result: AttestationResult; expected: Expected }> {
  const expected = all.find(({ file }) => file === `tdx/${folder}/quote.bin`)
  if (expected === undefined) throw new Error(`no expectation for ${folder}`)
  const [rtmr0, rtmr1, rtmr2, rtmr3] = expected.rtmr
  const result = await appraise(
    { tee: 'tdx', quote: readVector(expected.file), ...(eventLog ? { eventLog } : {}) },
    { certificates: [], crls: [], collateral },
    {
      tdx: {
        roots: [{ sha256: intelRoot, simulated: false }],
        mrtd: [expected.mrtd],
        rtmr0: [rtmr0],
        rtmr1: [rtmr1],
        rtmr2: [rtmr2],
        rtmr3: [rtmr3],
        mrConfigId: [expected.mrconfigid],
        ...reference,
      },
    },
    { reportData: fromHex(expected.report_data), floors: {} },
    new Date(now),
  )
  return { result, expected }
}

function expectClaims({ claims }: AttestationResult, expected: Expected): void {
  expect(claims).toMatchObject({
    version: expected.version,
    body: expected.tee_tcb_svn2 === null ? '1.0' : '1.5',
    teeTcbSvn: expected.tee_tcb_svn,
    teeTcbSvn2: expected.tee_tcb_svn2,
    tdAttributes: expected.td_attributes,
    xfam: expected.xfam,
    mrtd: expected.mrtd,
    rtmr: expected.rtmr,
    mrConfigId: expected.mrconfigid,
    reportData: expected.report_data,
    mrServiceTd: expected.mr_servicetd,
    pck: { fmspc: expected.fmspc, serial: expected.pck_serial.slice(2) },
  })
}

describe.skipIf(!hasVectors)('quotes of real processors', () => {
  it('are thirteen, and none goes untested', () => {
    expect(all).toHaveLength(13)
    expect(judged).toHaveLength(16)
  })

  it.each(all)('$file says what an independent reading found', (expected) => {
    const { version, body, trailing, pckChain } = readQuote(expected.file)
    const { debug, septVeDisable, pks, perfmon } = parseTdAttributes(body.tdAttributes)
    const [pck, , root] = readPckChain(pckChain) ?? []
    expect(root?.sha256).toBe(intelRoot)
    expect({
      version,
      trailing: trailing.length,
      pck_serial: `0x${pck?.serial}`,
      fmspc: readPckExtension(pck?.extensions.get(pckExtensionOid) ?? new Uint8Array(0))?.fmspc,
      tee_tcb_svn: toHex(body.teeTcbSvn),
      tee_tcb_svn2: body.teeTcbSvn2 === null ? null : toHex(body.teeTcbSvn2),
      td_attributes: toHex(body.tdAttributes),
      debug,
      sept_ve_disable: septVeDisable,
      pks,
      perfmon,
      xfam: toHex(body.xfam),
      mrtd: toHex(body.mrtd),
      rtmr: body.rtmr.map(toHex),
      mrconfigid: toHex(body.mrConfigId),
      report_data: toHex(body.reportData),
      mr_servicetd: body.mrServiceTd === null ? null : toHex(body.mrServiceTd),
    }).toEqual(Object.fromEntries(Object.entries(expected).filter(([name]) => fields.includes(name))))
  })

  it.each(judged)('$expected.file is judged by $path as Intel judges it', ({ expected, path, tcb }) => {
    const { body, pckChain, qeReport } = readQuote(expected.file)
    const pck = readPckExtension(readPckChain(pckChain)?.[0]?.extensions.get(pckExtensionOid) ?? new Uint8Array(0))
    if (pck === null) throw new Error('no extension')
    const tcbInfo = readTcbInfo(path)
    expect(tcbInfo).toMatchObject({ tcbEvaluationDataNumber: tcb.eval, issueDate: new Date(tcb.issueDate) })
    const { teeTcbSvn, teeTcbSvn2 } = body
    const verdict = evaluateTcb({ tcbInfo, qeIdentity, pck, qeIsvSvn: qeReport.isvSvn, teeTcbSvn, teeTcbSvn2 })
    if (tcb.converged === 'TcbNotSupported') {
      expect(verdict).toBeNull()
      return
    }
    expect(verdict).toMatchObject({
      platform: tcb.platform,
      module: tcb.module,
      quotingEnclave: 'UpToDate',
      status: tcb.after_relaunch_check ?? tcb.converged,
      advisories: [...tcb.advisoryIDs].sort(),
    })
  })

  let qeIdentity: QeIdentity
  beforeAll(() => {
    const found = parseQeIdentity(utf8(collateral2026().qe_identity))
    if (found === null) throw new Error('no identity of the quoting enclave')
    qeIdentity = found
  })
})

const fields = [
  'version',
  'trailing',
  'pck_serial',
  'fmspc',
  'tee_tcb_svn',
  'tee_tcb_svn2',
  'td_attributes',
  'debug',
  'sept_ve_disable',
  'pks',
  'perfmon',
  'xfam',
  'mrtd',
  'rtmr',
  'mrconfigid',
  'report_data',
  'mr_servicetd',
]

describe.skipIf(!hasVectors)('evidence of real processors with the collateral of its time', () => {
  it.each([
    ['phala', 'tdx/phala/collateral.json', '2025-07-01T00:00:00Z'],
    ['phala-near', 'tdx/phala-near/collateral.json', '2025-09-15T00:00:00Z'],
  ])('%s, under the default policy, is affirming and hardware', async (folder, path, now) => {
    const { result, expected } = await appraiseHardware(folder, readVector(path), now)
    expect(result.checks.filter(({ verdict }) => verdict === 'failed')).toEqual([])
    expect(result).toMatchObject({ status: 'affirming', hardware: true, waivers: [], trustVector: { hardware: 2 } })
    expectClaims(result, expected)
    expect(result.claims).toMatchObject({
      tcb: { status: 'UpToDate', platform: 'UpToDate', module: 'UpToDate', quotingEnclave: 'UpToDate', evaluationDataNumber: 17 },
    })
    expect(Object.values(result.observed)).toEqual(['1', '1', '17'])
  })

  it.each([['gotdx-v5'], ['dstack-quote-report']])('%s is affirming with what Intel published in 2026', async (folder) => {
    const { result, expected } = await appraiseHardware(folder, encodeCollateral(collateral2026()), '2026-04-01T00:00:00Z')
    expect(result.reasons).toEqual([])
    expect(result).toMatchObject({ status: 'affirming', hardware: true, waivers: [] })
    expectClaims(result, expected)
  })

  it('automata-alibaba-v5 is out of date, and a warning where that and its service TD are allowed by name', async () => {
    const collateral = encodeCollateral(collateral2026())
    const now = '2026-04-01T00:00:00Z'
    const { result: strict, expected } = await appraiseHardware('automata-alibaba-v5', collateral, now)
    expect(strict).toMatchObject({ status: 'contraindicated', reasons: ['tcb-status-not-allowed', 'service-td-not-allowed'] })
    const { result } = await appraiseHardware('automata-alibaba-v5', collateral, now, {
      mrServiceTd: [expected.mr_servicetd ?? ''],
      policy: { tcbStatuses: ['UpToDate', 'OutOfDate'] },
    })
    expect(result).toMatchObject({ status: 'warning', hardware: true, reasons: [], waivers: ['tcb-status', 'service-td'] })
    expectClaims(result, expected)
    const [tcb] = Object.values(expected.tcb)
    expect(result.claims).toMatchObject({ tcb: { status: 'OutOfDate', advisories: tcb?.advisoryIDs } })
  })

  it('a platform below all of the levels that Intel knows has no verdict, and is no hardware that Intel vouches for', async () => {
    const collateral = encodeCollateral(collateral2026())
    const { result } = await appraiseHardware('azure-cat-td_quote_v5', collateral, '2026-04-01T00:00:00Z')
    expect(result).toMatchObject({
      status: 'contraindicated',
      hardware: false,
      reasons: ['tcb-level-unknown'],
      claims: { tcb: null },
    })
  })

  it('a real event log is replayed to the RTMRs of its quote, and to no others', async () => {
    const { rtmr } = readQuote('tdx/gotdx-cos113/quote.bin').body
    const log = readVector('tdx/gotdx-cos113/ccel_data.bin')
    expect(appraiseEventLog(log, rtmr)).toMatchObject({ ok: true })
    const { result } = await appraiseHardware('phala', readVector('tdx/phala/collateral.json'), '2025-07-01T00:00:00Z', {}, log)
    expect(result.reasons).toEqual(['event-log-mismatch'])
  })

  it('evidence without an event log is refused where one is required', async () => {
    const required = { eventLog: 'required' } as const
    const { result } = await appraiseHardware('phala', readVector('tdx/phala/collateral.json'), '2025-07-01T00:00:00Z', required)
    expect(result.reasons).toEqual(['event-log-missing'])
  })

  it.each([
    ['before', '2025-06-19T10:00:00Z', ['crl-not-yet-valid', 'tcb-info-not-yet-valid', 'qe-identity-not-yet-valid']],
    ['after', '2025-07-20T00:00:00Z', ['crl-expired', 'tcb-info-expired', 'qe-identity-expired']],
  ])('collateral is refused %s its time', async (_, now, reasons) => {
    const { result } = await appraiseHardware('phala', readVector('tdx/phala/collateral.json'), now)
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, reasons })
  })

  it('collateral of another platform is not for this one', async () => {
    const { result } = await appraiseHardware(
      'dstack-quote-report',
      readVector('tdx/phala/collateral.json'),
      '2025-07-01T00:00:00Z',
    )
    expect(result.reasons).toContain('fmspc-mismatch')
    expect(result.checks.find(({ name }) => name === 'tcb-status')?.verdict).toBe('skipped')
  })

  it.each(['pem', 'base64'])('a revocation list may be %s as well as hex', async (form) => {
    const collateral = JSON.parse(readText('tdx/phala/collateral.json'))
    const base64 = Buffer.from(collateral.pck_crl, 'hex').toString('base64')
    collateral.pck_crl = form === 'pem' ? `-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n` : base64
    const { result } = await appraiseHardware('phala', encodeCollateral(collateral), '2025-07-01T00:00:00Z')
    expect(result.status).toBe('affirming')
    expect(parseCollateral(encodeCollateral(collateral))?.pckCrl).not.toBe('malformed')
  })
})
