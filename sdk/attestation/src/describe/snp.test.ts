import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { describeEvidence } from './describe-evidence.ts'
import { describeEndorsement } from './endorsement.ts'

interface Expected {
  readonly file: string
  readonly [field: string]: unknown
}

describe.skipIf(!hasVectors)('a report of a real processor is described field by field', () => {
  const all: Expected[] = hasVectors ? JSON.parse(Buffer.from(readVector('EXPECTED-snp.json')).toString('utf8')) : []
  const whole = all.filter(({ length }) => length === 1184)
  it.each(whole.map((entry) => [entry.file, entry] as const))('%s', (file, expected) => {
    const described = describeEvidence({ tee: 'snp', report: readVector(file) })
    if (!('report' in described)) throw new Error('malformed')
    const { report } = described
    const hex = (value: unknown, digits: number) => BigInt(String(value)).toString(16).padStart(digits, '0')
    expect(described).toMatchObject({ tee: 'snp', verified: false })
    expect(report).toMatchObject({
      version: expected.version,
      guestSvn: expected.guest_svn,
      vmpl: expected.vmpl,
      signatureAlgorithm: expected.sig_algo,
      policy: {
        raw: hex(expected.policy, 16),
        debug: expected.debug,
        migration: expected.migrate_ma,
        smt: expected.smt,
        singleSocket: expected.single_socket,
      },
      platformInfo: { raw: hex(expected.platform_info, 16) },
      keyInfo: { raw: hex(expected.key_info, 8), signingKey: expected.signing_key },
      chipId: expected.chip_id,
      measurement: expected.measurement,
      hostData: expected.host_data,
      reportData: expected.report_data,
      idKeyDigest: expected.id_key_digest,
      authorKeyDigest: expected.author_key_digest,
      dirtyRanges: [],
    })
  })

  it('the TCB is read in the layout of the product, and only as bytes where no product is named', () => {
    const tcbOf = (folder: string) => {
      const described = describeEvidence({ tee: 'snp', report: readVector(`snp/${folder}/report.bin`) })
      return 'report' in described ? described.report.tcb.reported : null
    }
    expect(tcbOf('ms-tav-turin')?.parts).toEqual({ fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 0x51 })
    expect(tcbOf('azure-genoa')?.parts).toEqual({ fmc: 0, bootloader: 10, tee: 0, snp: 23, microcode: 84 })
    expect(tcbOf('trustee-milan-v2')).toMatchObject({ raw: expect.stringMatching(/^[0-9a-f]{16}$/), parts: null })
  })

  it('a certificate and a revocation list are told apart by their bytes', () => {
    expect(describeEndorsement(readVector('snp/azure-genoa/vcek.der'))).toMatchObject({
      kind: 'certificate',
      subject: 'SEV-VCEK',
    })
    expect(describeEndorsement(readVector('amd/crl_genoa.der'))).toMatchObject({ kind: 'crl', issuer: 'ARK-Genoa' })
    expect(describeEndorsement(readVector('snp/azure-genoa/report.bin'))).toBeNull()
  })
})

it('a report of another length is described as malformed', () => {
  expect(describeEvidence({ tee: 'snp', report: new Uint8Array(1183) })).toEqual({
    tee: 'snp',
    verified: false,
    malformed: '1183 bytes, where a report has 1184',
  })
})

it('fields of a report of all ones are still described, and what should be zero is named', () => {
  const described = describeEvidence({ tee: 'snp', report: new Uint8Array(1184).fill(0xff) })
  if (!('report' in described)) throw new Error('malformed')
  expect(described.report).toMatchObject({ version: 0xffffffff, product: null, keyInfo: { signingKey: null, reserved: true } })
  expect(described.report.dirtyRanges).toContain('0x318–0x4a0')
})
