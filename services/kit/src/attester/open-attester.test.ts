import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  appraise,
  createSimulatedPlatform,
  createSimulatedTdxPlatform,
  type ReferenceValuesInput,
  simulatedAttester,
} from '@reinraum/attestation'
import { fromBase64url, randomBytes } from '@reinraum/crypto'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { simulatedTsmFiles } from '../testing/simulated-tsm-files.ts'
import { testLog } from '../testing/test-log.ts'
import { attesterConfigSchema } from './attester-config.ts'
import { measureCode, openAttester } from './open-attester.ts'

const reportData = randomBytes(64)
const snp = await createSimulatedPlatform({ modulusLength: 2048 })
const tdx = await createSimulatedTdxPlatform()
let measurement: string
beforeAll(async () => {
  measurement = await measureCode('keys')
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-attester-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

async function fileOf(content: string): Promise<string> {
  const file = join(await temporaryFolder(), 'platform.json')
  await writeFile(file, content)
  return file
}

/** nothing is measured at run time in a simulated guest */
const zero = '00'.repeat(48)

const snpReference: ReferenceValuesInput['snp'] = {
  roots: [{ product: snp.product, sha256: snp.arkSha256, simulated: true }],
  measurements: [],
}

test.each([
  ['SEV-SNP', snp],
  ['TDX', tdx],
])('a simulated platform of %s says which code the service runs, and the log says that it is simulated', async (_, platform) => {
  const { log, lines } = testLog()
  const attester = await openAttester({ kind: 'simulator', platform: await fileOf(JSON.stringify(platform)) }, 'keys', log)
  const { evidence, endorsements } = await attester.getEvidence(reportData)
  const statusFor = async (value: string) => {
    const values: ReferenceValuesInput = {
      snp: { ...snpReference, measurements: [value] },
      tdx: { roots: [{ sha256: tdx.rootSha256, simulated: true }], mrtd: [value], rtmr1: [zero], rtmr2: [zero] },
    }
    const { status, hardware } = await appraise(evidence, endorsements, values, { reportData }, new Date())
    return { status, hardware }
  }
  expect(await statusFor(measurement)).toEqual({ status: 'affirming', hardware: false })
  expect(await statusFor('ab'.repeat(48))).toEqual({ status: 'contraindicated', hardware: false })
  expect(lines).toMatchObject([{ level: 40, measurement, msg: expect.stringContaining('SIMULATED') }])
})

test.each(['{}', '{"kind":"reinraum/simulated-platform/v1"}', '{"kind":"reinraum/simulated-tdx-platform/v1"}', '[]'])(
  'a platform file that holds %s is refused',
  async (content) => {
    const attempt = openAttester({ kind: 'simulator', platform: await fileOf(content) }, 'keys', testLog().log)
    await expect(attempt).rejects.toMatchObject({ code: 'invalid-argument' })
  },
)

test('evidence of a guest comes from its kernel, with the endorsements that lie in the folder when it is asked for', async () => {
  const endorsements = await temporaryFolder()
  const { ark, ask, vcek } = snp.certificates
  for (const [name, der] of Object.entries({ ark, ask, vcek })) await writeFile(join(endorsements, name), fromBase64url(der))
  const { log, lines } = testLog()
  const files = simulatedTsmFiles(simulatedAttester(snp, { measurement: '5a'.repeat(48) }))
  const attester = await openAttester({ kind: 'configfs-tsm', endorsements }, 'keys', log, files)
  const reasonsNow = async () => {
    const given = await attester.getEvidence(reportData)
    const values = { snp: { ...snpReference, measurements: ['5a'.repeat(48)] } }
    return (await appraise(given.evidence, given.endorsements, values, { reportData }, new Date())).reasons
  }
  expect(await reasonsNow()).toEqual(['crl-missing'])
  await writeFile(join(endorsements, 'list.crl'), fromBase64url(snp.crl))
  expect(await reasonsNow()).toEqual([])
  await writeFile(join(endorsements, 'list.crl'), fromBase64url(snp.crl).subarray(0, 100))
  await expect(attester.getEvidence(reportData)).rejects.toMatchObject({ code: 'unavailable' })
  expect(lines).toEqual([])
})

test('a service does not start on a machine that is no such guest, or without endorsements that can be read', async () => {
  const endorsements = await temporaryFolder()
  const folder = join(await temporaryFolder(), 'tsm', 'report')
  const { log } = testLog()
  const open = (more: object) => openAttester({ kind: 'configfs-tsm', folder, endorsements, ...more }, 'keys', log)
  await expect(open({})).rejects.toMatchObject({ code: 'unsupported' })
  await expect(open({ endorsements: join(endorsements, 'none') })).rejects.toMatchObject({ code: 'unavailable' })
  // A folder like any other: an entry in it has no attributes.
  await mkdir(folder, { recursive: true })
  await expect(open({})).rejects.toMatchObject({ code: 'unsupported' })
})

test.each([
  { kind: 'simulator', platform: '/run/platform.json' },
  { kind: 'configfs-tsm', endorsements: '/etc/endorsements' },
  { kind: 'configfs-tsm', endorsements: '/e', folder: '/tsm', eventLog: '/ccel', privilegeLevel: 2 },
])('%j says where evidence comes from', (config) => {
  expect(attesterConfigSchema.parse(config)).toEqual(config)
})

test.each([
  {},
  { kind: 'none' },
  { kind: 'simulator' },
  { kind: 'simulator', platform: '' },
  { kind: 'simulator', platform: '/p', endorsements: '/e' },
  { kind: 'configfs-tsm' },
  { kind: 'configfs-tsm', endorsements: '/e', platform: '/p' },
  { kind: 'configfs-tsm', endorsements: '/e', privilegeLevel: 4 },
])('%j does not', (config) => {
  expect(attesterConfigSchema.safeParse(config).success).toBe(false)
})
