import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { referenceValuesSchema } from '@reinraum/attestation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runCli } from '../run-cli.ts'

const beside = join(import.meta.dirname, '../../../../../shared/vectors')
const vectors = [process.env.REINRAUM_VECTORS, beside].find((path) => path !== undefined && existsSync(join(path, 'attestation')))

let directory: string
const at = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-predict-'))
  await writeFile(at('empty'), '')
  await writeFile(at('pages'), new Uint8Array(8192))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function predict(...argv: readonly string[]) {
  const collect = () => {
    const chunks: string[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString('utf8'))
        done()
      },
    })
    return Object.assign(stream, { text: () => chunks.join('') })
  }
  const [out, err] = [collect(), collect()]
  const exitCode = await runCli(['attestation', 'predict', ...argv], { out, err, now: () => new Date(), defaults: {} })
  return { exitCode, out: out.text(), err: err.text() }
}

const snp = (...more: readonly string[]) => ['--tee', 'snp', '--firmware', at('ovmf.fd'), ...more]
const direct = () => ['--kernel', at('empty'), '--initrd', at('empty'), '--cmdline', 'console=ttyS0 loglevel=7']
const ofEmpty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe.skipIf(vectors === undefined)('a predicted measurement', () => {
  // Published by virtee/sev-snp-measure for this firmware, kernel, initrd and command line.
  const published = '803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977'
  const launch = () => snp(...direct(), '--vcpus', '1', '--vcpu-type', 'EPYC-v4', '--guest-features', '0x21')

  beforeAll(async () => {
    await copyFile(join(vectors ?? '', 'attestation/measure/ovmf_AmdSev_suffix.bin'), at('ovmf.fd'))
    // What the real metadata describes has 4 MiB.
    const image = new Uint8Array(4 * 1024 * 1024)
    image.set(await readFile(at('ovmf.fd')), image.length - 4096)
    await writeFile(at('tdvf.fd'), image)
  })

  it('is the published one, and comes with the line for a policy', async () => {
    const { exitCode, out, err } = await predict(...launch())
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out.split('\n')).toEqual([
      `measurement ${published}`,
      `in reference values: snp: { measurements: ["${published}"] }`,
      '',
    ])
  })

  it('says in JSON which files and which launch it belongs to', async () => {
    const { exitCode, out } = await predict(...launch(), '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toEqual({
      tee: 'snp',
      measurement: published,
      sha256: { firmware: expect.stringMatching(/^8f765dfabc127fc0/), kernel: ofEmpty, initrd: ofEmpty },
      launch: { vcpus: 1, vcpuType: 'EPYC-v4', guestFeatures: '0x21', vmm: 'qemu', commandLine: 'console=ttyS0 loglevel=7' },
    })
  })

  it('is the same for the signature of a vCPU type and for the hash of the firmware', async () => {
    const hash = '086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74'
    const signature = [...direct(), '--vcpus', '1', '--vcpu-type', '23,1,2', '--guest-features', '33', '--ovmf-hash', hash]
    expect((await predict(...snp(...signature))).out).toMatch(`measurement ${published}\n`)
  })

  it('of other hypervisors needs no vCPU type', async () => {
    const { out } = await predict(...snp('--kernel', at('empty'), '--vcpus', '1', '--vmm', 'ec2'))
    expect(out).toMatch(
      'measurement 0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056\n',
    )
  })

  it('of TDX is an MRTD, for the order in which the host adds pages', async () => {
    const order = async (...more: readonly string[]) =>
      JSON.parse((await predict('--tee', 'tdx', '--firmware', at('tdvf.fd'), '--json', ...more)).out)
    const [plain, single, two] = [
      await order(),
      await order('--add-pages', 'single-pass'),
      await order('--add-pages', 'two-pass'),
    ]
    expect(plain).toEqual({
      tee: 'tdx',
      mrtd: expect.stringMatching(/^[0-9a-f]{96}$/),
      sha256: { firmware: expect.stringMatching(/^[0-9a-f]{64}$/) },
      launch: { addPages: 'single-pass' },
    })
    expect(single).toEqual(plain)
    expect(two.mrtd).not.toBe(plain.mrtd)
  })

  it.each([
    ['snp', () => launch()],
    ['tdx', () => ['--tee', 'tdx', '--firmware', at('tdvf.fd')]],
  ] as const)('gives a line that reference values take as it is: %s', async (tee, argv) => {
    const { out } = await predict(...argv())
    const line = out.split('\n')[1] ?? ''
    const values = parse(line.replace('in reference values: ', ''))
    const roots =
      tee === 'snp'
        ? [{ product: 'Genoa', sha256: 'ab'.repeat(32), simulated: true }]
        : [{ sha256: 'ab'.repeat(32), simulated: true }]
    const started = tee === 'snp' ? {} : { rtmr1: ['cd'.repeat(48)], rtmr2: ['cd'.repeat(48)] }
    expect(referenceValuesSchema.safeParse({ [tee]: { ...values[tee], roots, ...started } }).success).toBe(true)
    expect(out.includes('rtmr1')).toBe(tee === 'tdx')
  })
})

describe('what cannot be predicted is said in one sentence:', () => {
  const cases: readonly (readonly [what: string, argv: () => readonly string[], err: RegExp])[] = [
    [
      'a missing firmware',
      () => ['--tee', 'tdx', '--firmware', at('missing')],
      /^reinraum: cannot read .*missing \(unreadable-input\)\n$/,
    ],
    [
      'a missing kernel',
      () => ['--tee', 'snp', '--firmware', at('pages'), '--vcpus', '1', '--kernel', at('missing')],
      /^reinraum: cannot read .*missing \(unreadable-input\)\n$/,
    ],
    [
      'a file that is no firmware',
      () => ['--tee', 'tdx', '--firmware', at('pages')],
      /^reinraum: the firmware does not end with a table of GUIDs \(invalid-argument\)\n$/,
    ],
    [
      'no number of vCPUs',
      () => ['--tee', 'snp', '--firmware', at('pages')],
      /^reinraum: say how many vCPUs the guest has with --vcpus \(invalid-argument\)\n$/,
    ],
    [
      'vCPUs that are no number',
      () => ['--tee', 'snp', '--firmware', at('pages'), '--vcpus', 'many'],
      /^reinraum: --vcpus is no whole number \(invalid-argument\)\n$/,
    ],
    [
      'features that are no number',
      () => ['--tee', 'snp', '--firmware', at('pages'), '--vcpus', '1', '--guest-features', '-1'],
      /^reinraum: --guest-features is no whole number \(invalid-argument\)\n$/,
    ],
    [
      'a kernel for TDX',
      () => ['--tee', 'tdx', '--firmware', at('pages'), '--kernel', at('empty')],
      /^reinraum: --kernel has no effect on the measurement of TDX \(invalid-argument\)\n$/,
    ],
    [
      'vCPUs for TDX',
      () => ['--tee', 'tdx', '--firmware', at('pages'), '--vcpu-type', 'EPYC'],
      /^reinraum: --vcpu-type has no effect on the measurement of TDX \(invalid-argument\)\n$/,
    ],
    [
      'an order of pages for SNP',
      () => ['--tee', 'snp', '--firmware', at('pages'), '--vcpus', '1', '--add-pages', 'two-pass'],
      /^reinraum: --add-pages has no effect on the measurement of SEV-SNP \(invalid-argument\)\n$/,
    ],
    [
      'a vCPU type for a hypervisor that does not measure it',
      () => ['--tee', 'snp', '--firmware', at('pages'), '--vcpus', '1', '--vmm', 'ec2', '--vcpu-type', 'EPYC'],
      /^reinraum: --vcpu-type has no effect on the measurement of SEV-SNP under ec2 \(invalid-argument\)\n$/,
    ],
    ['no firmware', () => ['--tee', 'snp'], /^error: required option '--firmware <file>' not specified\n/],
    ['no kind of hardware', () => ['--firmware', at('pages')], /^error: required option '--tee <kind>' not specified\n/],
    [
      'another kind',
      () => ['--tee', 'sgx', '--firmware', at('pages')],
      /^error: option '--tee <kind>' argument 'sgx' is invalid/,
    ],
    [
      'another hypervisor',
      () => ['--tee', 'snp', '--firmware', at('pages'), '--vmm', 'xen'],
      /^error: option '--vmm <vmm>' argument 'xen' is invalid/,
    ],
  ]
  it.each(cases)('%s', async (_, argv, message) => {
    const { exitCode, out, err } = await predict(...argv())
    expect({ exitCode, out, err }).toEqual({ exitCode: 1, out: '', err: expect.stringMatching(message) })
  })
})
