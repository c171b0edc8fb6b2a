import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { amdRoots, earSchema, intelRoot } from '@reinraum/attestation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from '../testing/run-in-process.ts'
import { hasVectors, vectorFile } from '../testing/vectors.ts'

/** As an independent computation read the evidence. */
interface Expected {
  readonly file: string
  readonly report_data: string
  readonly measurement?: string
  readonly mrtd?: string
  readonly rtmr?: readonly string[]
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-hardware-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const verify = (...argv: readonly string[]) => runInProcess(['attestation', 'verify', ...argv])

async function expectedOf(list: string, file: string): Promise<Expected> {
  const all: Expected[] = JSON.parse(await readFile(vectorFile(list), 'utf8'))
  const found = all.find((entry) => entry.file === file)
  if (found === undefined) throw new Error(`no expectation for ${file}`)
  return found
}

async function snpArguments(name: string, product: keyof typeof amdRoots, policy: string): Promise<string[]> {
  const { report_data, measurement } = await expectedOf('EXPECTED-snp.json', `snp/${name}/report.bin`)
  const root = `{ product: ${product}, sha256: "${amdRoots[product]}", simulated: false }`
  await writeFile(join(folder, 'p.yaml'), `snp:\n  roots: [${root}]\n  measurements: ["${measurement}"]\n  policy: ${policy}\n`)
  const amd = product.toLowerCase()
  return [
    ...['--tee', 'snp', '--evidence', vectorFile(`snp/${name}/report.bin`), '--policy', join(folder, 'p.yaml')],
    ...['--endorsements', vectorFile(`snp/${name}/vcek.der`), vectorFile(`amd/trustee_${amd}_ask_ark_asvk.pem`)],
    ...['--endorsements', vectorFile(`amd/crl_${amd}.der`), '--report-data', report_data],
  ]
}

async function tdxArguments(): Promise<string[]> {
  const { report_data, mrtd, rtmr = [] } = await expectedOf('EXPECTED-tdx.json', 'tdx/phala/quote.bin')
  const registers = `mrtd: ["${mrtd}"]\n  rtmr1: ["${rtmr[1]}"]\n  rtmr2: ["${rtmr[2]}"]\n`
  await writeFile(join(folder, 't.yaml'), `tdx:\n  roots: [{ sha256: "${intelRoot}", simulated: false }]\n  ${registers}`)
  return [
    ...['--tee', 'tdx', '--evidence', vectorFile('tdx/phala/quote.bin'), '--policy', join(folder, 't.yaml')],
    ...['--collateral', vectorFile('tdx/phala/collateral.json'), '--report-data', report_data],
  ]
}

describe.skipIf(!hasVectors)('evidence of real processors, from the command line:', () => {
  it('Genoa in its time is affirming and hardware', async () => {
    const argv = [...(await snpArguments('azure-genoa', 'Genoa', '{}')), '--now', '2025-06-01T00:00:00Z']
    const { exitCode, out, err } = await verify(...argv)
    expect({ exitCode, err, first: out.split('\n')[0] }).toEqual({ exitCode: 0, err: '', first: 'affirming, hardware' })
    expect(out).not.toContain('✗')
    const ear = earSchema.parse(JSON.parse((await verify(...argv, '--json')).out))
    expect(ear).toMatchObject({
      ear_status: 'affirming',
      submods: { snp: { ear_verifier_claims: { 'reinraum.hardware': true } } },
    })
  })

  it('Genoa of which nobody says what it has to be bound to is a warning', async () => {
    const argv = [...(await snpArguments('azure-genoa', 'Genoa', '{}')), '--now', '2025-06-01T00:00:00Z']
    const { exitCode, out } = await verify(
      ...argv.filter((word, i) => word !== '--report-data' && argv[i - 1] !== '--report-data'),
    )
    expect({ exitCode, first: out.split('\n')[0] }).toEqual({ exitCode: 2, first: 'warning, hardware' })
  })

  it('Milan is refused, and a warning where the policy names it', async () => {
    const at = ['--now', '2025-09-01T00:00:00Z']
    const strict = await verify(...(await snpArguments('oak-milan_rk_release', 'Milan', '{}')), ...at)
    expect(strict).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/^contraindicated, .+\n {2}refused: product-denied\n/),
    })
    const named = await verify(...(await snpArguments('oak-milan_rk_release', 'Milan', '{ products: [Milan] }')), ...at)
    expect(named).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/^warning, hardware\n {2}given up by the policy: milan/),
    })
  })

  it('TDX under the collateral of its time is affirming and hardware', async () => {
    const { exitCode, out, err } = await verify(...(await tdxArguments()), '--now', '2025-07-01T00:00:00Z')
    expect({ exitCode, err, first: out.split('\n')[0] }).toEqual({ exitCode: 0, err: '', first: 'affirming, hardware' })
    expect(out).toMatch(/^ {2}TCB UpToDate .+ no advisories; evaluation data number 17$/m)
  })

  it('TDX under collateral that has expired is refused', async () => {
    const { exitCode, out } = await verify(...(await tdxArguments()), '--now', '2025-09-01T00:00:00Z')
    expect(exitCode).toBe(2)
    expect(out).toMatch(
      /^contraindicated, NOT PROVEN to be hardware\n {2}refused: crl-expired, tcb-info-expired, qe-identity-expired\n/,
    )
  })
})
