import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from '../testing/run-in-process.ts'
import { measurement, reportDataHex, type SimulatedFiles, simulatedFiles } from '../testing/simulated-files.ts'
import { hasVectors, vectorFile } from '../testing/vectors.ts'

let folder: string
let files: SimulatedFiles
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-show-'))
  files = await simulatedFiles(folder)
  await files.writeSnp('a', { report: { policy: 0xb_0000n } })
  await files.writeTdx('a')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const show = (...argv: readonly string[]) => runInProcess(['attestation', 'show', ...argv])
const snp = (file: string) => ['--tee', 'snp', '--evidence', file]
const tdx = (file: string) => ['--tee', 'tdx', '--evidence', file]

describe('evidence is shown and not judged:', () => {
  it('a report, field by field', async () => {
    const { exitCode, out, err } = await show(...snp(files.at('a/report.bin')))
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(/^NOT VERIFIED: .+\nAMD SEV-SNP report, version 5\n/)
    expect(out).toContain(`\nmeasurement        ${measurement}\n`)
    expect(out).toMatch(/^policy +00000000000b0000: ABI at least 0\.0; smt, must be one, debug$/m)
    expect(out).toMatch(/^reported TCB +0a00000000001b54: bootloader 10 tee 0 snp 27 microcode 84$/m)
    expect(out).toMatch(/^platform +0000000000000025: smt, error correction, alias check$/m)
  })

  it('a quote with the platform that its certificate names, and a log with its events', async () => {
    const { exitCode, out, err } = await show(...tdx(files.at('a/quote.bin')), '--event-log', files.at('a/ccel.bin'))
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(/^NOT VERIFIED: .+\nIntel TDX quote, version 4\n/)
    expect(out).toContain(`  MRTD             ${measurement}\n`)
    expect(out).toMatch(/^ {2}attributes +[0-9a-f]{16}: SEPT_VE_DISABLE$/m)
    expect(out).toContain(`FMSPC ${files.tdx.fmspc}, `)
    expect(out).toMatch(/^ {4}valid +2\S+Z to 2\S+Z$/m)
    expect(out).toMatch(/^event log: 2 events; replayed, RTMR0 agrees, RTMR1 agrees, RTMR2 agrees, RTMR3 agrees$/m)
    expect(out).toMatch(/^ {2}RTMR2 \S+ [0-9a-f]{96} root=\/dev\/dm-0$/m)
  })

  it('and for programs, with the same notice', async () => {
    const report = JSON.parse((await show(...snp(files.at('a/report.bin')), '--json')).out)
    expect(report).toMatchObject({ tee: 'snp', verified: false, report: { measurement, reportData: reportDataHex } })
    const quote = JSON.parse((await show(...tdx(files.at('a/quote.bin')), '--json')).out)
    expect(quote).toMatchObject({ tee: 'tdx', verified: false, eventLog: null, quote: { body: { mrtd: measurement } } })
  })

  it('what cannot be read is said to be malformed', async () => {
    await writeFile(files.at('garbage.bin'), new Uint8Array(100).fill(0x80))
    await writeFile(files.at('short.bin'), new Uint8Array(10).fill(0x80))
    const report = await show(...snp(files.at('garbage.bin')))
    expect(report).toMatchObject({ exitCode: 1, out: expect.stringMatching(/^NOT VERIFIED: .+\nmalformed: 100 bytes, where/) })
    const quote = await show(...tdx(files.at('short.bin')))
    expect(quote).toMatchObject({ exitCode: 1, out: expect.stringMatching(/^NOT VERIFIED: .+\nmalformed: /) })
    const log = await show(...tdx(files.at('a/quote.bin')), '--event-log', files.at('garbage.bin'))
    expect(log).toMatchObject({ exitCode: 0, out: expect.stringContaining('event log malformed: ') })
  })

  it('a certificate cannot be named so that it reads like another line', async () => {
    await files.writeTdx('named', {
      quoteChain: (certificates) => certificates,
      pck: (content) => ({ ...content, subject: 'x\nevent log: 1 events; replayed, RTMR0 agrees \u001b[2J' }),
    })
    const { out } = await show(...tdx(files.at('named/quote.bin')))
    expect(out).toMatch(/^ {2}x event log: 1 events; replayed, RTMR0 agrees \\u001b\[2J$/m)
    expect(out).not.toMatch(/^event log/m)
    expect(out).toMatch(/^[\n\P{C}]+$/u)
  })
})

describe.skipIf(!hasVectors)('a log of a real guest', () => {
  it('replays to the registers of its quote, and not to those of another', async () => {
    const log = ['--event-log', vectorFile('tdx/gotdx-cos113/ccel_data.bin')]
    const { out } = await show(...tdx(vectorFile('tdx/gotdx-cos113/quote.bin')), ...log)
    expect(out).toMatch(/^event log: 43 events; replayed, RTMR0 agrees, RTMR1 agrees, RTMR2 agrees, RTMR3 agrees$/m)
    expect(out).toMatch(/^ {2}Intel SGX PCK Certificate\n {4}issued by +Intel SGX PCK Platform CA$/m)
    const { out: other } = await show(...tdx(vectorFile('tdx/phala/quote.bin')), ...log)
    expect(other).toMatch(/^event log: 43 events; replayed, RTMR0 DIFFERS, RTMR1 DIFFERS, RTMR2 DIFFERS, RTMR3 agrees$/m)
  })
})
