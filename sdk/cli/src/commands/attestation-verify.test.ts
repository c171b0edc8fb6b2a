import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { amdRoots, appraisalOf, earSchema, intelRoot, referenceValuesId } from '@reinraum/attestation'
import { digestId } from '@reinraum/crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from '../testing/run-in-process.ts'
import { measurement, now, reportDataHex, type SimulatedFiles, simulatedFiles } from '../testing/simulated-files.ts'

let folder: string
let files: SimulatedFiles
let snp: string[]
let tdx: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-verify-'))
  files = await simulatedFiles(folder)
  snp = await files.writeSnp('good')
  tdx = await files.writeTdx('good')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const bound = ['--report-data', reportDataHex]
const verify = (...argv: readonly string[]) => runInProcess(['attestation', 'verify', ...argv], () => now)

async function earOf(...argv: readonly string[]) {
  const { exitCode, out, err } = await verify(...argv, '--json')
  return { exitCode, err, ear: earSchema.parse(JSON.parse(out)) }
}

/** The same command line with one option given another value. */
function withOption(argv: readonly string[], option: string, value: string): string[] {
  return argv.map((word, index) => (argv[index - 1] === option ? value : word))
}

describe('evidence that holds', () => {
  it('of SEV-SNP is affirming, and says first that its hardware is simulated', async () => {
    const { exitCode, out, err } = await verify(...snp, ...bound)
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toBe('affirming, SIMULATED hardware')
    expect(lines).toContain(`  ✓ measurement: ${measurement}`)
    expect(lines).toContain('  · host-data: no reference value')
    expect(lines.at(-6)).toBe('what the SEV-SNP report says:')
    expect(lines.at(-5)).toBe(`  measurement  ${measurement}`)
  })

  it('of TDX is affirming, with its TCB status and its event log replayed', async () => {
    const { exitCode, out, err } = await verify(...tdx, ...bound)
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(/^affirming, SIMULATED hardware\n {2}TCB UpToDate \(platform UpToDate, .+\), .+ no advisories; .+ 17\n/)
    expect(out).toMatch(/^ {2}✓ event-log: /m)
  })

  it('is an EAR for programs, under the id of the policy and of the evidence', async () => {
    const { exitCode, ear } = await earOf(...snp, ...bound)
    const policy = JSON.parse(await readFile(files.at('good/snp.json'), 'utf8'))
    expect({ exitCode, status: ear.ear_status, iat: ear.iat }).toEqual({
      exitCode: 0,
      status: 'affirming',
      iat: now.getTime() / 1000,
    })
    expect(appraisalOf(ear)).toMatchObject({
      ear_appraisal_policy_ids: [referenceValuesId(policy)],
      ear_verifier_claims: {
        'reinraum.hardware': false,
        'reinraum.evidence': digestId(await readFile(files.at('good/report.bin'))),
      },
    })
    expect((await earOf(...tdx, ...bound)).ear.submods).toHaveProperty('tdx')
  })

  it('is judged as of the time that is named', async () => {
    const late = await verify(...snp, ...bound, '--now', '2040-01-01T01:00:00+01:00')
    expect(late).toMatchObject({ exitCode: 2, out: expect.stringMatching(/^ {2}refused: .*certificate-expired/m) })
  })
})

describe('without the report data', () => {
  it.each([
    ['SEV-SNP', () => snp],
    ['TDX', () => tdx],
  ] as const)('%s evidence is a warning at best, which says so', async (_, argv) => {
    const { exitCode, out } = await verify(...argv())
    expect(exitCode).toBe(2)
    expect(out).toMatch(/^warning, SIMULATED hardware\n/)
    expect(out).toMatch(/^ {2}report data: NOT COMPARED \(no --report-data\)/m)
    expect(out).toMatch(/^ {2}· report-data: NOT COMPARED/m)
    const { exitCode: code, ear } = await earOf(...argv())
    expect({ code, status: ear.ear_status }).toEqual({ code: 2, status: 'warning' })
    expect(appraisalOf(ear).ear_trustworthiness_vector).toMatchObject({ 'instance-identity': 32 })
    const { 'reinraum.checks': checks } = appraisalOf(ear).ear_verifier_claims
    expect(checks.find(({ name }) => name === 'report-data')).toEqual({
      name: 'report-data',
      verdict: 'skipped',
      detail: expect.stringContaining('NOT COMPARED'),
    })
  })

  it('what does not hold stays contraindicated', async () => {
    const argv = await files.writeSnp('debugged', { report: { policy: 0xb_0000n } })
    expect(await verify(...argv)).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/^contraindicated, .+\n {2}refused: debug-/),
    })
  })
})

describe('evidence that does not hold', () => {
  it('for another use is contraindicated', async () => {
    const { exitCode, out } = await verify(...snp, '--report-data', '00'.repeat(64))
    expect(exitCode).toBe(2)
    expect(out).toMatch(/^contraindicated, SIMULATED hardware\n {2}refused: report-data-mismatch\n/)
    expect(out).toMatch(/^ {2}✗ report-data: the evidence was made for something else$/m)
  })

  it.each([
    [
      'snp',
      () => snp,
      { snp: { roots: [{ product: 'Genoa', sha256: amdRoots.Genoa, simulated: false }], measurements: [measurement] } },
    ],
    [
      'tdx',
      () => tdx,
      {
        tdx: {
          roots: [{ sha256: intelRoot, simulated: false }],
          mrtd: [measurement],
          rtmr1: [measurement],
          rtmr2: [measurement],
        },
      },
    ],
  ] as const)(
    'of a simulator (%s) is refused by a policy of hardware, and nothing that it says is shown',
    async (_, argv, policy) => {
      await writeFile(files.at('hardware.json'), JSON.stringify(policy))
      const { exitCode, out } = await verify(...withOption(argv(), '--policy', files.at('hardware.json')), ...bound)
      expect(exitCode).toBe(2)
      expect(out).toMatch(/^contraindicated, NOT PROVEN to be hardware\n {2}refused: root-not-pinned\n/)
      expect(out.trimEnd().split('\n').at(-1)).toBe('what the evidence says is not shown: nothing proves who said it')
    },
  )

  it('is contraindicated too where its bytes are no evidence at all', async () => {
    await writeFile(files.at('garbage.bin'), new Uint8Array(700).fill(0x80))
    for (const argv of [snp, tdx]) {
      const answer = await verify(...withOption(argv, '--evidence', files.at('garbage.bin')), ...bound)
      expect(answer).toMatchObject({ exitCode: 2, out: expect.stringContaining('refused: ') })
    }
  })
})

describe('what the policy gives up', () => {
  it('is named, and makes it a warning', async () => {
    const argv = await files.writeSnp('waived', { report: { policy: 0xb_0000n } }, { allowDebug: true })
    const { exitCode, out } = await verify(...argv, ...bound)
    expect(exitCode).toBe(2)
    expect(out).toMatch(/^warning, SIMULATED hardware\n {2}given up by the policy: debug, the host may read .+\n/)
  })

  it('of a TCB status comes with the advisories that are open', async () => {
    const tcbInfo: NonNullable<Parameters<SimulatedFiles['writeTdx']>[1]>['tcbInfo'] = (info) => ({
      ...info,
      tcbLevels: info.tcbLevels.map((level) => ({ ...level, tcbStatus: 'SWHardeningNeeded', advisoryIDs: ['INTEL-SA-00837'] })),
    })
    const strict = await verify(...(await files.writeTdx('hardening', { tcbInfo })), ...bound)
    expect(strict).toMatchObject({ exitCode: 2, out: expect.stringContaining('refused: tcb-status-not-allowed') })
    expect(strict.out).toMatch(/^ {2}TCB SWHardeningNeeded .+ advisories INTEL-SA-00837;/m)
    const argv = await files.writeTdx('allowed', { tcbInfo }, { tcbStatuses: ['UpToDate', 'SWHardeningNeeded'] })
    const { exitCode, out } = await verify(...argv, ...bound)
    expect(exitCode).toBe(2)
    expect(out).toMatch(/^warning, SIMULATED hardware\n {2}given up by the policy: tcb-status, .+\n {2}TCB SWHardeningNeeded/)
  })
})

it('a TCB status out of documents that nobody signed is not shown', async () => {
  const argv = await files.writeTdx('stranger', { tcbInfoSigner: (keys) => keys.attestation })
  const { exitCode, out } = await verify(...argv, ...bound)
  expect(exitCode).toBe(2)
  expect(out).toContain('refused: tcb-info-signature-invalid')
  expect(out).not.toContain('TCB UpToDate')
})

it('a TCB status is not shown where the platform is another than that of the documents', async () => {
  const argv = await files.writeTdx('other', { tcbInfo: (info) => ({ ...info, fmspc: '00A06F000000' }) })
  const { exitCode, out } = await verify(...argv, ...bound)
  expect({ exitCode, refused: /refused: (.+)/.exec(out)?.[1] }).toEqual({ exitCode: 2, refused: 'fmspc-mismatch' })
  expect(out).not.toMatch(/^ {2}TCB /m)
})

describe('with a file of floors', () => {
  it('what was seen once is never undercut again', async () => {
    const floors = ['--floors', files.at('floors')]
    expect((await verify(...snp, ...bound, ...floors)).exitCode).toBe(0)
    expect((await stat(files.at('floors'))).mode & 0o077).toBe(0)
    const seen = await readFile(files.at('floors'), 'utf8')
    expect(seen).toMatch(/^crl\/[0-9a-f]{64}\/[0-9a-f]{64} 1\n$/)
    await writeFile(files.at('floors'), seen.replace(/ 1\n$/, ' 2\n'))
    const older = await verify(...snp, ...bound, ...floors)
    expect(older).toMatchObject({ exitCode: 2, out: expect.stringContaining('refused: crl-number-below-floor') })
    expect((await verify(...snp, ...bound)).exitCode).toBe(0)
  })

  it('that cannot be understood nothing is judged', async () => {
    await writeFile(files.at('broken-floors'), 'a list\n')
    const answer = await verify(...snp, ...bound, '--floors', files.at('broken-floors'))
    expect(answer).toMatchObject({ exitCode: 1, out: '', err: expect.stringContaining('(unreadable-input)') })
  })
})

describe('a wrong command line or file ends in one helpful sentence:', () => {
  it.each([
    ['report data that is too short', ['--report-data', 'd5d5'], '--report-data takes all 64 bytes in hex, these are 2; pad'],
    [
      'report data that is no hex',
      ['--report-data', 'x'.repeat(128)],
      '--report-data takes all 64 bytes in hex, this is something else',
    ],
    ['a time without a zone', ['--now', '2026-11-21T12:00:00'], '--now takes a time with its zone, e.g. '],
    ['a day', ['--now', '2026-11-21'], '--now takes a time with its zone, e.g. '],
    ['collateral for SEV-SNP', ['--collateral', 'c.json'], '--collateral goes with --tee tdx'],
    ['an event log for SEV-SNP', ['--event-log', 'ccel.bin'], '--event-log goes with --tee tdx'],
  ])('%s', async (_, more, sentence) => {
    const { exitCode, out, err } = await verify(...snp, ...more)
    expect({ exitCode, out, lines: err.split('\n').length }).toEqual({ exitCode: 1, out: '', lines: 2 })
    expect(err).toContain(sentence)
  })

  it('what a kind of hardware needs and does not get', async () => {
    const without = (argv: readonly string[], option: string) => argv.filter((w, i) => w !== option && argv[i - 1] !== option)
    expect((await verify(...without(snp, '--endorsements'))).err).toContain('name the certificates with --endorsements')
    expect((await verify(...without(tdx, '--collateral'))).err).toContain("name Intel's collateral with --collateral")
    expect((await verify(...tdx, '--endorsements', 'x')).err).toContain('--endorsements goes with --tee snp')
    expect((await verify(...withOption(snp, '--tee', 'sgx'))).exitCode).toBe(1)
  })

  it('evidence that is missing, empty, text, too long or of the other kind', async () => {
    const report = await readFile(files.at('good/report.bin'))
    const said = async (name: string, content: string | Uint8Array | null, argv = snp) => {
      if (content !== null) await writeFile(files.at(name), content)
      const { exitCode, out, err } = await verify(...withOption(argv, '--evidence', files.at(name)))
      expect({ exitCode, out, lines: err.split('\n').length }).toEqual({ exitCode: 1, out: '', lines: 2 })
      return err
    }
    expect(await said('none', null)).toContain('cannot read')
    expect(await said('.', null)).toContain('cannot read')
    expect(await said('empty.bin', '')).toContain('is empty')
    expect(await said('report.hex', report.toString('hex'))).toContain(
      'is hex, where raw bytes are expected: convert it with xxd -r -p',
    )
    expect(await said('report.b64', report.toString('base64'))).toContain('convert it with base64 -d')
    expect(await said('report.json', JSON.stringify({ report: '' }))).toContain('is JSON, where raw bytes are expected')
    expect(await said('report.txt', 'Dear verifier,')).toContain('is text, where raw bytes are expected')
    expect(await said('long.bin', new Uint8Array(64 * 1024 + 1))).toContain('is longer than the 65536 bytes that it may have')
    expect(await said('good/quote.bin', null)).toContain('is a TDX quote: say --tee tdx')
    expect(await said('good/report.bin', null, tdx)).toContain('is an SEV-SNP report: say --tee snp')
  })

  it('collateral that is none', async () => {
    const said = async (name: string, content: string) => {
      await writeFile(files.at(name), content)
      const { exitCode, err } = await verify(...withOption(tdx, '--collateral', files.at(name)))
      expect(exitCode).toBe(1)
      return err
    }
    expect(await said('prose.json', 'tcb info')).toContain('prose.json is no JSON document')
    const { tcb_info: _, ...rest } = JSON.parse(await readFile(files.at('good/collateral.json'), 'utf8'))
    expect(await said('part.json', JSON.stringify(rest))).toContain('of its nine fields, wrong or missing are tcb_info (')
    expect(await said('twice.json', '{"tcb_info":"","tcb_info":""}')).toContain('is no JSON document')
  })
})
