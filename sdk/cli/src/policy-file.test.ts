import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { amdRoots, intelRoot, referenceValuesSchema } from '@reinraum/attestation'
import { isReinraumError } from '@reinraum/crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPolicyFile } from './policy-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-policy-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const hex = 'ab'.repeat(48)
const genoa = `{ product: Genoa, sha256: "${amdRoots.Genoa}", simulated: false }`

async function read(text: string, name = 'p.yaml') {
  const file = join(folder, name)
  await writeFile(file, text)
  return readPolicyFile(file)
}

/** One line for each thing that is wrong, without the first, which names the file. */
async function faultsOf(text: string): Promise<string[]> {
  const error = await read(text).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!isReinraumError(error)) throw new Error('it was not refused')
  expect(error.code).toBe('invalid-argument')
  const [first, ...rest] = error.message.split('\n')
  expect(first).toBe(`${join(folder, 'p.yaml')} is no policy`)
  return rest
}

it('a policy is read from YAML or JSON, with every default strict', async () => {
  const yaml = await read(`snp:\n  roots: [${genoa}]\n  measurements: ["${hex}"]\n`)
  const written = { snp: { roots: [{ product: 'Genoa', sha256: amdRoots.Genoa, simulated: false }], measurements: [hex] } }
  expect(yaml).toEqual(referenceValuesSchema.parse(written))
  expect(await read(JSON.stringify(written), 'p.json')).toEqual(yaml)
})

describe('what is wrong is named by its place, with what to do about it:', () => {
  it('everything that has to be there', async () => {
    expect(await faultsOf('snp: {}')).toEqual([
      `  snp.roots: missing; AMD's own for Genoa is { product: Genoa, sha256: ${amdRoots.Genoa}, simulated: false }`,
      '  snp.measurements: missing; list the launch measurements that you accept, each 48 bytes in lower-case hex, in quotes',
    ])
    expect(await faultsOf('tdx: {}')).toEqual([
      `  tdx.roots: missing; Intel's own is { sha256: ${intelRoot}, simulated: false }`,
      '  tdx.mrtd: missing; list the values of MRTD that you accept, each 48 bytes in lower-case hex, in quotes',
    ])
    expect(await faultsOf('{}')).toEqual(['  the document: name at least one kind of hardware: snp or tdx'])
  })

  it('names that do not exist, and values that are none', async () => {
    const text = `snp:\n  roots: [${genoa}]\n  measurements: ["${hex}"]\n  policy: { allowDbug: true, products: [Rome], vmpls: 0 }\nsev: 1`
    expect(await faultsOf(text)).toEqual([
      '  snp.policy.products.0: use one of Milan, Genoa, Turin',
      '  snp.policy.vmpls: must be a list',
      '  snp.policy.allowDbug: there is no such field; remove it or correct its name',
      '  sev: there is no such field; remove it or correct its name',
    ])
  })

  it('hex that YAML takes for a number, and hex of another length', async () => {
    const text = `snp:\n  roots: [${genoa}]\n  measurements: [${'12'.repeat(48)}, "${hex.slice(2)}"]`
    expect(await faultsOf(text)).toEqual([
      '  snp.measurements.0: must be of the type string (put hex in quotes)',
      '  snp.measurements.1: expected 48 bytes in lower-case hex',
    ])
  })

  it('a simulator that is passed off as hardware, and hardware as a simulator', async () => {
    const of = (sha256: string, simulated: boolean) =>
      `snp:\n  roots: [{ product: Genoa, sha256: "${sha256}", simulated: ${simulated} }]\n  measurements: ["${hex}"]`
    const said = ["  snp.roots.0.simulated: a root that is not AMD's own must be named as simulated, and AMD's own must not"]
    expect(await faultsOf(of('ab'.repeat(32), false))).toEqual(said)
    expect(await faultsOf(of(amdRoots.Genoa, true))).toEqual(expect.arrayContaining(said))
  })

  it('no more of it than one can read', async () => {
    const many = Array.from({ length: 64 }, () => '""').join(', ')
    const faults = await faultsOf(`snp:\n  roots: [${genoa}]\n  measurements: [${many}]`)
    expect([faults.length, faults.at(-1)]).toEqual([21, '  and 44 more'])
  })
})

it.each([
  ['p.json', '{ "allowDebug": false, "allowDebug": true }'],
  ['p.yaml', '{ allowDebug: false, allowDebug: true }'],
])('a rule that stands in %s twice is refused: whoever reads it may see only the first', async (name, policy) => {
  const snp = `"roots": [{ "product": "Genoa", "sha256": "${amdRoots.Genoa}", "simulated": false }], "measurements": ["${hex}"]`
  await expect(read(`{ "snp": { ${snp}, "policy": ${policy} } }`, name)).rejects.toMatchObject({ code: 'unreadable-input' })
})

it('a file that is no document, or too long for one, is unreadable', async () => {
  await expect(read('snp: [')).rejects.toMatchObject({
    code: 'unreadable-input',
    message: expect.stringContaining('is no YAML document'),
  })
  await expect(read('#'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({ code: 'unreadable-input' })
  await expect(read('')).rejects.toMatchObject({ code: 'unreadable-input', message: expect.stringContaining('is empty') })
})
