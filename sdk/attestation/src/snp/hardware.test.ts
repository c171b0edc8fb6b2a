import { toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { AttestationReason, AttestationResult, Waiver } from '../result.ts'
import {
  amdChain,
  appraiseRealSnp,
  type ExpectedReport,
  expectedReports,
  type RealSnp,
  type SnpPolicyInput,
} from '../testing/snp-vectors.ts'
import { hasVectors, listVectors, readVector } from '../testing/vectors.ts'
import { amdRoots } from './roots.ts'
import { parseTcb } from './tcb.ts'

const milan: SnpPolicyInput = { products: ['Milan'] }
const oldMilan: SnpPolicyInput = { ...milan, allowVersion2: true, requireAliasCheck: false }
const withoutCrl: SnpPolicyInput = { requireCrl: false }
const cloudKey: SnpPolicyInput = { ...milan, vmpls: [1], cspIds: ['CN=cc-us-east-2.amazonaws.com'] }

/** How a real report is to be judged. */
interface Judged extends RealSnp {
  /** under the default policy */
  readonly strict: readonly AttestationReason[]
  /** under `policy` */
  readonly reasons: readonly AttestationReason[]
  readonly waivers: readonly Waiver[]
}

const in2025 = { vek: 'vcek.der', now: '2025-09-01T00:00:00Z' } as const
const onMilan = {
  ...in2025,
  product: 'Milan',
  policy: milan,
  strict: ['product-denied'],
  reasons: [],
  waivers: ['milan'],
} as const
const onOldMilan = {
  ...onMilan,
  policy: oldMilan,
  strict: ['version-not-allowed'],
  waivers: ['legacy-version', 'alias-check', 'milan'],
} as const
// The recorded lists are too old for these, and of Turin there is none.
const withoutList = {
  vek: 'vcek.der',
  now: '2026-07-01T00:00:00Z',
  crl: false,
  policy: withoutCrl,
  strict: ['crl-missing'],
  reasons: [],
  waivers: ['crl-missing'],
} as const

/** Every report that EXPECTED-snp.json knows. */
const judged: Readonly<Record<string, Judged>> = {
  'snp/azure-genoa/report.bin': {
    ...in2025,
    product: 'Genoa',
    now: '2025-06-01T00:00:00Z',
    strict: [],
    reasons: [],
    waivers: [],
  },
  'snp/attestation-rs-genoa-v5/report.bin': { ...withoutList, product: 'Genoa' },
  'snp/oak-genoa_oc/report.bin': { ...in2025, product: 'Genoa', strict: [], reasons: [], waivers: [] },
  'snp/ms-tav-turin/report.bin': { ...withoutList, product: 'Turin' },
  'snp/oak-milan_rk_release/report.bin': onMilan,
  'snp/oak-cb/report.bin': onMilan,
  'snp/ms-tav-milan/report.bin': { ...onMilan, now: '2026-04-01T00:00:00Z' },
  'snp/teekit-gcp-v5/report.bin': { ...onMilan, now: '2026-04-01T00:00:00Z' },
  'snp/dstack-snp/report.bin': {
    ...withoutList,
    product: 'Milan',
    vek: 'cert1.der',
    policy: { ...milan, ...withoutCrl },
    strict: ['product-denied', 'crl-missing'],
    waivers: ['milan', 'crl-missing'],
  },
  'snp/openpcc-gce-v4/report.bin': {
    ...onMilan,
    vek: null,
    strict: ['certificate-missing'],
    reasons: ['certificate-missing'],
    waivers: [],
  },
  'snp/cmc-v2/report.bin': { ...onOldMilan, vek: 'cert0.der' },
  'snp/ms-sidecar/report.bin': onOldMilan,
  'snp/trustee-milan-v2/report.bin': onOldMilan,
  'snp/cmc-v2/report_invalid_sig.bin': {
    ...onOldMilan,
    vek: 'cert0.der',
    reasons: ['report-signature-invalid'],
  },
  'snp/cmc-v2/report_invalid_data.bin': {
    ...onOldMilan,
    vek: 'cert0.der',
    strict: ['malformed-evidence'],
    reasons: ['malformed-evidence'],
  },
  'snp/trustee-vlek/report.bin': {
    ...onMilan,
    vek: 'vlek.der',
    policy: cloudKey,
    strict: ['csp-not-allowed'],
    waivers: ['vmpl', 'milan'],
  },
}

function expectedOf(file: string): ExpectedReport {
  const found = expectedReports.find((entry) => entry.file === file)
  if (found === undefined) throw new Error(`no expectation for ${file}`)
  return found
}

function rowOf(file: string): Judged {
  const row = judged[file]
  if (row === undefined) throw new Error(`no verdict for ${file}`)
  return row
}

function expectClaims({ claims }: AttestationResult, expected: ExpectedReport, { product }: Judged): void {
  const tcb = (hex: string) => parseTcb(product, Uint8Array.from(Buffer.from(hex, 'hex')))
  expect(claims).toMatchObject({
    product,
    version: expected.version,
    signedBy: expected.signing_key,
    vmpl: expected.vmpl,
    measurement: expected.measurement,
    reportData: expected.report_data,
    hostData: expected.host_data,
    idKeyDigest: expected.id_key_digest,
    authorKeyDigest: expected.author_key_digest,
    chipId: expected.chip_id,
    guestSvn: expected.guest_svn,
    platformInfo: BigInt(expected.platform_info).toString(16).padStart(16, '0'),
    policy: {
      debug: expected.debug,
      migration: expected.migrate_ma,
      smt: expected.smt,
      singleSocket: expected.single_socket,
    },
    tcb: {
      reported: tcb(expected.reported_tcb),
      committed: tcb(expected.committed_tcb),
      current: tcb(expected.current_tcb),
      launch: tcb(expected.launch_tcb),
    },
  })
}

describe.skipIf(!hasVectors)('reports of real processors', () => {
  it('are all judged: each that is expected has a verdict here, and each file is expected', () => {
    const files = listVectors('snp').filter((path) => /\/report[^/]*\.bin$/.test(path))
    expect(files).toEqual(expectedReports.map(({ file }) => file).sort())
    expect(Object.keys(judged).sort()).toEqual(files)
  })

  it.each(expectedReports)('$file under the default policy', async (expected) => {
    const { policy: _, ...real } = rowOf(expected.file)
    const result = await appraiseRealSnp(expected, real)
    expect(result.reasons.toSorted()).toEqual(real.strict.toSorted())
    expect(result.status).toBe(real.strict.length === 0 ? 'affirming' : 'contraindicated')
  })

  it.each(expectedReports)('$file under a policy that says what it needs', async (expected) => {
    const row = rowOf(expected.file)
    const result = await appraiseRealSnp(expected, row)
    expect(result.reasons).toEqual(row.reasons)
    if (row.reasons.length > 0) {
      expect(result).toMatchObject({ status: 'contraindicated', hardware: false, claims: null })
      return
    }
    expect(result).toMatchObject({ status: row.waivers.length > 0 ? 'warning' : 'affirming', hardware: true })
    expect(result.waivers.toSorted()).toEqual(row.waivers.toSorted())
    expectClaims(result, expected, row)
  })
})

const judge = (file: string, change: Partial<RealSnp>) => appraiseRealSnp(expectedOf(file), { ...rowOf(file), ...change })

describe.skipIf(!hasVectors)('evidence of real processors', () => {
  it('on Genoa, under the default policy and the list of its time, is affirming until that list is stale', async () => {
    const good = await judge('snp/azure-genoa/report.bin', {})
    expect(good).toMatchObject({ status: 'affirming', hardware: true, trustVector: { hardware: 2 } })
    const stale = await judge('snp/azure-genoa/report.bin', { now: '2025-11-04T00:00:00Z' })
    expect(stale).toMatchObject({ status: 'contraindicated', hardware: false, reasons: ['crl-expired'] })
  })

  it('on Turin has its own TCB layout', async () => {
    const { claims } = await judge('snp/ms-tav-turin/report.bin', {})
    expect(claims).toMatchObject({ tcb: { reported: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 0x51 } } })
  })

  it('signed by a provider is good for the time of its VLEK, and under the name of that provider only', async () => {
    const late = await judge('snp/trustee-vlek/report.bin', { now: '2025-12-11T00:00:00Z' })
    expect(late.reasons).toEqual(['certificate-expired'])
    const unnamed = await judge('snp/trustee-vlek/report.bin', { policy: { ...cloudKey, cspIds: [] } })
    expect(unnamed.reasons).toEqual(['csp-not-allowed'])
  })

  it.each(['vcek-invalid-legacy.der', 'vcek-invalid-new.der'])('%s, whose signature was changed, proves nothing', async (vek) => {
    const result = await judge('snp/trustee-milan-v2/report.bin', { vek })
    expect(result.reasons).toContain('chain-signature-invalid')
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, claims: null })
  })

  it('on Milan, whose seeds are no secret, is called hardware only where the policy names Milan', async () => {
    const file = 'snp/oak-milan_rk_release/report.bin'
    expect(await judge(file, { policy: {} })).toMatchObject({ hardware: false, reasons: ['product-denied'] })
    expect(await judge(file, {})).toMatchObject({ hardware: true, waivers: ['milan'] })
  })

  it('with a real root that the reference values do not name has no root', async () => {
    const report = readVector('snp/azure-genoa/report.bin')
    const result = await appraise(
      { tee: 'snp', report },
      {
        certificates: [...amdChain('Genoa'), readVector('snp/azure-genoa/vcek.der')],
        crls: [readVector('amd/crl_genoa.der')],
      },
      {
        snp: {
          roots: [{ product: 'Turin', sha256: amdRoots.Turin, simulated: false }],
          measurements: [toHex(report.subarray(0x90, 0xc0))],
        },
      },
      { reportData: report.subarray(0x50, 0x90) },
      new Date('2025-06-01T00:00:00Z'),
    )
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, reasons: ['root-not-pinned'] })
  })
})
