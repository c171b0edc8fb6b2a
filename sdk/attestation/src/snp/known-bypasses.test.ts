import { fromHex } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { CertificateContent } from '../simulator/certificates.ts'
import type { SimulatedOverrides } from '../simulator/snp/attester.ts'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import { shiftedBy, withExtension } from '../testing/certificate-changes.ts'
import { asVlek, provider } from '../testing/faults/fault.ts'
import {
  appraiseIn,
  createPlatform,
  evidenceOf,
  measurement,
  now,
  referenceFor,
  reportData,
  type Situation,
} from '../testing/simulated-evidence.ts'
import { appraiseParavised } from '../testing/simulated-vtpm.ts'
import { offsets } from './layout.ts'
import { amdRoots } from './roots.ts'
import { vekOids } from './vek-extensions.ts'

// Ways in which other verifiers were bypassed, each in the form in which it was. Those of TDX stand among its faults.

let genoa: SimulatedPlatform
let turin: SimulatedPlatform
beforeAll(async () => {
  ;[genoa, turin] = await Promise.all([createPlatform(), createPlatform('Turin')])
})

const reasonsIn = async (situation: Situation) => (await appraiseIn(genoa, situation)).reasons

it('a forged root that comes with a chain of its own is not pinned (go-sev-guest 185)', async () => {
  const forged = await createPlatform()
  const { evidence, endorsements } = await evidenceOf(forged)
  const amd = { product: 'Genoa' as const, sha256: amdRoots.Genoa, simulated: false }
  for (const reference of [referenceFor(genoa), { snp: { roots: [amd], measurements: [measurement] } }]) {
    const result = await appraise(evidence, endorsements, reference, { reportData }, now)
    expect(result).toMatchObject({ status: 'contraindicated', hardware: false, claims: null, reasons: ['root-not-pinned'] })
  }
})

it("a simulated root beside AMD's own makes no hardware of a simulator", async () => {
  const { evidence, endorsements } = await evidenceOf(genoa)
  const amd = { product: 'Genoa' as const, sha256: amdRoots.Genoa, simulated: false }
  const simulated = { product: 'Genoa' as const, sha256: genoa.arkSha256, simulated: true }
  const both = { snp: { roots: [amd, simulated], measurements: [measurement] } }
  expect(await appraise(evidence, endorsements, both, { reportData }, now)).toMatchObject({
    status: 'affirming',
    hardware: false,
  })
})

it('a stale revocation list is refused, also one that was good when it was seen before (go-sev-guest 191)', async () => {
  const crl: SimulatedOverrides['crl'] = (content) => ({ ...content, nextUpdate: shiftedBy(1) })
  const { evidence, endorsements } = await evidenceOf(genoa, { crl })
  const at = (time: Date) => appraise(evidence, endorsements, referenceFor(genoa), { reportData }, time)
  expect((await at(now)).status).toBe('affirming')
  expect((await at(shiftedBy(2))).reasons).toEqual(['crl-expired'])
})

it('the name is SEV-VCEK, and under that name the chip is compared', async () => {
  expect(await reasonsIn({ overrides: { vek: (c) => ({ ...c, subject: 'VCEK' }) } })).toEqual(['certificate-missing'])
  expect(await reasonsIn({ overrides: { report: { chipId: new Uint8Array(64).fill(7) } } })).toEqual(['chip-id-mismatch'])
})

it('a VLEK is no VCEK, and a VCEK no VLEK', async () => {
  const reference = { policy: { cspIds: [provider] } }
  expect(await reasonsIn({ overrides: asVlek(provider, 0), reference })).toEqual(['signing-key-mismatch'])
  expect(await reasonsIn({ overrides: { report: { keyInfo: 1 << 2 } }, reference })).toEqual(['signing-key-mismatch'])
})

/** The extension under a longer OID, of which its own is a prefix. */
function renamed(oid: string) {
  return (content: CertificateContent): CertificateContent => {
    const extensions = content.extensions.map((e) => (e.oid === oid ? { ...e, oid: `${oid}.1` } : e))
    return { ...content, extensions }
  }
}

it.each([
  ['hwid', 'signing-key-mismatch'],
  ['product', 'chain-names-invalid'],
  ['bootloader', 'tcb-mismatch'],
  ['tee', 'tcb-mismatch'],
  ['snp', 'tcb-mismatch'],
  ['microcode', 'tcb-mismatch'],
] as const)('an OID that begins like that of %s is another', async (name, reason) => {
  expect(await reasonsIn({ overrides: { vek: renamed(vekOids[name]) } })).toEqual([reason])
})

it('an OID that begins like that of the provider makes no VLEK', async () => {
  const vlek = asVlek(provider)
  const vek: SimulatedOverrides['vek'] = (content) => renamed(vekOids.cspId)(vlek.vek?.(content) ?? content)
  const reference = { policy: { cspIds: [provider] } }
  expect(await reasonsIn({ overrides: { ...vlek, vek }, reference })).toEqual(['signing-key-mismatch'])
})

it('without a VCEK nothing is valid, with the rest of the chain or without', async () => {
  for (const from of [1, 3]) {
    const overrides: SimulatedOverrides = { endorsements: (e) => ({ ...e, certificates: e.certificates.slice(from) }) }
    const result = await appraiseIn(genoa, { overrides })
    expect(result).toMatchObject({ status: 'contraindicated', claims: null, reasons: ['certificate-missing'] })
  }
})

describe('debug and VMPL are looked at on every way in', () => {
  const faulty = { policy: 0xb_0000n, vmpl: 1 }
  const expected = ['debug-enabled', 'vmpl-not-allowed']

  it.each([2, 3, 4, 5])('a report of version %i', async (version) => {
    const reference = { policy: { allowVersion2: true } }
    expect(await reasonsIn({ overrides: { report: { ...faulty, version } }, reference })).toEqual(expected)
  })

  it('a report that a VLEK signed', async () => {
    const vlek = asVlek(provider)
    const overrides = { ...vlek, report: { ...vlek.report, ...faulty } }
    expect(await reasonsIn({ overrides, reference: { policy: { cspIds: [provider] } } })).toEqual(expected)
  })

  it('a report that comes through a paravisor', async () => {
    expect((await appraiseParavised(genoa, { overrides: { report: faulty } })).reasons).toEqual(expected)
  })

  it('a report that the host asked for, at a level that no guest has', async () => {
    expect(await reasonsIn({ overrides: { report: { vmpl: 0xffff_ffff } } })).toEqual(['vmpl-not-allowed'])
  })
})

it.each([0x02, 0x04])('a chip id that begins with 0x0%i is taken for no DER: all of it counts (snpguest 38)', async (tag) => {
  const chipId = fromHex(genoa.chipId).with(0, tag).with(1, 62)
  const vek = withExtension(vekOids.hwid, chipId)
  const of = (id: Uint8Array) => reasonsIn({ overrides: { report: { chipId: id }, vek } })
  expect(await of(chipId)).toEqual([])
  for (const at of [0, 1, 2, 63]) expect(await of(chipId.with(at, (chipId[at] ?? 0) ^ 1))).toEqual(['chip-id-mismatch'])
})

it.each(['signatureR', 'signatureS'] as const)('%s is read in all of its 72 bytes', async (field) => {
  for (let at = 48; at < 72; at += 1) {
    const afterSigning = (report: Uint8Array) => void report.fill(1, offsets[field] + at, offsets[field] + at + 1)
    expect(await reasonsIn({ overrides: { afterSigning } })).toEqual(['reserved-not-zero'])
  }
})

it('a minimum for Turin is held against the places where Turin has its levels', async () => {
  const minimum = (more: object) => ({ policy: { minimumTcb: { Turin: { ...turin.tcb, ...more } } } })
  expect((await appraiseIn(turin, { reference: minimum({}) })).status).toBe('affirming')
  for (const part of ['fmc', 'bootloader', 'tee', 'snp', 'microcode'] as const) {
    const reference = minimum({ [part]: turin.tcb[part] + 1 })
    expect((await appraiseIn(turin, { reference })).reasons).toEqual(['tcb-below-minimum'])
  }
})
