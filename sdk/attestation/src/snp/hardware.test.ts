import { fromHex, toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { AttestationResult } from '../result.ts'
import { hasVectors, readPem, readVector } from '../testing/vectors.ts'
import type { SnpReferenceValuesInput } from './reference-values.ts'
import { amdRoots, type SnpProduct } from './roots.ts'

/** As an independent computation read the report (EXPECTED-snp.json). */
interface Expected {
  readonly file: string
  readonly version: number
  readonly vmpl: number
  readonly debug: boolean
  readonly measurement: string
  readonly report_data: string
  readonly host_data: string
  readonly chip_id: string
  readonly guest_svn: number
  readonly platform_info: string
  readonly certs: Readonly<Record<string, { readonly spl: Readonly<Record<string, number>> }>>
}

type Policy = NonNullable<SnpReferenceValuesInput['policy']>

function expectedOf(folder: string): Expected {
  const all: Expected[] = JSON.parse(Buffer.from(readVector('EXPECTED-snp.json')).toString('utf8'))
  const found = all.find((entry) => entry.file === `snp/${folder}/report.bin`)
  if (found === undefined) throw new Error(`no expectation for ${folder}`)
  return found
}

async function appraiseHardware(
  folder: string,
  options: { product: SnpProduct; vek?: string; now: string; policy?: Policy; crl?: string; report?: string },
): Promise<{ result: AttestationResult; expected: Expected }> {
  const { product, vek = 'vcek.der', policy = {}, crl, report = 'report.bin' } = options
  const expected = expectedOf(folder)
  const chain = readPem(`amd/trustee_${product.toLowerCase()}_ask_ark_asvk.pem`)
  const result = await appraise(
    { tee: 'snp', report: readVector(`snp/${folder}/${report}`) },
    { certificates: [...chain, readVector(`snp/${folder}/${vek}`)], crls: crl === undefined ? [] : [readVector(crl)] },
    {
      snp: {
        roots: [{ product, sha256: amdRoots[product], simulated: false }],
        measurements: [expected.measurement],
        hostData: [expected.host_data],
        policy,
      },
    },
    { reportData: fromHex(expected.report_data) },
    new Date(options.now),
  )
  return { result, expected }
}

function expectFields({ claims }: AttestationResult, expected: Expected, vek = 'vcek.der'): void {
  const spl = expected.certs[vek]?.spl
  expect(claims).toMatchObject({
    version: expected.version,
    vmpl: expected.vmpl,
    measurement: expected.measurement,
    reportData: expected.report_data,
    hostData: expected.host_data,
    chipId: expected.chip_id,
    guestSvn: expected.guest_svn,
    platformInfo: BigInt(expected.platform_info).toString(16).padStart(16, '0'),
    policy: { debug: expected.debug },
    tcb: { reported: { bootloader: spl?.['3.1'], tee: spl?.['3.2'], snp: spl?.['3.3'], microcode: spl?.['3.8'] } },
  })
}

const milan: Policy = { products: ['Milan'] }
const oldMilan: Policy = { ...milan, allowVersion2: true, requireAliasCheck: false }

describe.skipIf(!hasVectors)('evidence of real processors', () => {
  it('Genoa, under the default policy and the revocation list of its time, is affirming and hardware', async () => {
    const { result, expected } = await appraiseHardware('azure-genoa', {
      product: 'Genoa',
      now: '2025-06-01T00:00:00Z',
      crl: 'amd/crl_genoa.der',
    })
    expect(result.reasons).toEqual([])
    expect(result).toMatchObject({ status: 'affirming', hardware: true, trustVector: { hardware: 2 } })
    expectFields(result, expected)
  })

  it('the same Genoa is refused once the revocation list is stale', async () => {
    const stale = { product: 'Genoa', now: '2025-11-04T00:00:00Z', crl: 'amd/crl_genoa.der' } as const
    const { result } = await appraiseHardware('azure-genoa', stale)
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, reasons: ['crl-expired'] })
  })

  it.each([
    ['attestation-rs-genoa-v5', 'Genoa', '2026-07-01T00:00:00Z'],
    ['oak-genoa_oc', 'Genoa', '2026-07-01T00:00:00Z'],
    ['ms-tav-turin', 'Turin', '2026-07-01T00:00:00Z'],
  ] as const)('%s holds but for the missing revocation list', async (folder, product, now) => {
    const { result: strict } = await appraiseHardware(folder, { product, now })
    expect(strict).toMatchObject({ status: 'contraindicated', reasons: ['crl-missing'] })
    const { result, expected } = await appraiseHardware(folder, { product, now, policy: { requireCrl: false } })
    expect(result).toMatchObject({ status: 'warning', hardware: true, reasons: [], waivers: ['crl-missing'] })
    expectFields(result, expected)
  })

  it('Turin has its own TCB layout', async () => {
    const policy = { requireCrl: false }
    const { result } = await appraiseHardware('ms-tav-turin', { product: 'Turin', now: '2026-07-01T00:00:00Z', policy })
    expect(result.claims).toMatchObject({ tcb: { reported: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 0x51 } } })
  })

  it('Milan is denied by default, and a warning where it is allowed by name', async () => {
    const when = { product: 'Milan', now: '2025-09-01T00:00:00Z', crl: 'amd/crl_milan.der' } as const
    const { result: strict } = await appraiseHardware('oak-milan_rk_release', when)
    expect(strict).toMatchObject({ status: 'contraindicated', reasons: ['product-denied'] })
    const { result, expected } = await appraiseHardware('oak-milan_rk_release', { ...when, policy: milan })
    expect(result).toMatchObject({ status: 'warning', hardware: true, reasons: [], waivers: ['milan'] })
    expectFields(result, expected)
  })

  it.each([
    ['cmc-v2', 'cert0.der'],
    ['ms-sidecar', 'vcek.der'],
    ['trustee-milan-v2', 'vcek.der'],
  ] as const)('%s, of version 2, needs the legacy policy', async (folder, vek) => {
    const when = { product: 'Milan', vek, now: '2025-09-01T00:00:00Z', crl: 'amd/crl_milan.der' } as const
    const { result: strict } = await appraiseHardware(folder, { ...when, policy: milan })
    expect(strict.reasons).toEqual(['version-not-allowed'])
    const { result, expected } = await appraiseHardware(folder, { ...when, policy: oldMilan })
    expect(result).toMatchObject({ hardware: true, reasons: [], waivers: ['legacy-version', 'alias-check', 'milan'] })
    expectFields(result, expected, vek)
  })

  it('a provider signs with its VLEK, at the level that the reference values name', async () => {
    const policy: Policy = { ...milan, vmpls: [1], cspIds: ['CN=cc-us-east-2.amazonaws.com'] }
    const when = { product: 'Milan', vek: 'vlek.der', crl: 'amd/crl_milan.der' } as const
    const { result, expected } = await appraiseHardware('trustee-vlek', { ...when, now: '2025-09-01T00:00:00Z', policy })
    expect(result).toMatchObject({ status: 'warning', hardware: true, reasons: [], waivers: ['vmpl', 'milan'] })
    expectFields(result, expected, 'vlek.der')
    const { result: late } = await appraiseHardware('trustee-vlek', { ...when, now: '2025-12-11T00:00:00Z', policy })
    expect(late.reasons).toEqual(['certificate-expired'])
    const { result: unnamed } = await appraiseHardware('trustee-vlek', {
      ...when,
      now: '2025-09-01T00:00:00Z',
      policy: { ...policy, cspIds: [] },
    })
    expect(unnamed.reasons).toEqual(['csp-not-allowed'])
  })

  it.each(['vcek-invalid-legacy.der', 'vcek-invalid-new.der'])('%s, whose signature was changed, proves nothing', async (vek) => {
    const when = { product: 'Milan', vek, now: '2025-09-01T00:00:00Z', policy: oldMilan, crl: 'amd/crl_milan.der' } as const
    const { result } = await appraiseHardware('trustee-milan-v2', when)
    expect(result.reasons).toContain('chain-signature-invalid')
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, claims: null })
  })

  it('a report whose signature was changed proves nothing, and one of another length is malformed', async () => {
    const when = {
      product: 'Milan',
      vek: 'cert0.der',
      now: '2025-09-01T00:00:00Z',
      policy: oldMilan,
      crl: 'amd/crl_milan.der',
    } as const
    const { result: changed } = await appraiseHardware('cmc-v2', { ...when, report: 'report_invalid_sig.bin' })
    expect(changed).toMatchObject({ status: 'contraindicated', hardware: false, reasons: ['report-signature-invalid'] })
    const { result: long } = await appraiseHardware('cmc-v2', { ...when, report: 'report_invalid_data.bin' })
    expect(long).toMatchObject({ status: 'contraindicated', reasons: ['malformed-evidence'] })
  })

  it('a real root that the reference values do not name is no root', async () => {
    const report = readVector('snp/azure-genoa/report.bin')
    const certificates = [...readPem('amd/trustee_genoa_ask_ark_asvk.pem'), readVector('snp/azure-genoa/vcek.der')]
    const result = await appraise(
      { tee: 'snp', report },
      { certificates, crls: [readVector('amd/crl_genoa.der')] },
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
