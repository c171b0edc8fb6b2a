import { describe, expect, it } from 'vitest'
import { referenceValuesSchema } from './reference-values.ts'
import { amdRoots } from './snp/roots.ts'

const root = { product: 'Genoa', sha256: '11'.repeat(32), simulated: true }
const least = { snp: { roots: [root], measurements: ['22'.repeat(48)] } }

describe('reference values', () => {
  it('have a strict default for everything that is left out', () => {
    expect(referenceValuesSchema.parse(least).snp?.policy).toEqual({
      products: ['Genoa', 'Turin'],
      allowVersion2: false,
      allowDebug: false,
      allowMigration: false,
      allowMaskedChipId: false,
      vmpls: [0],
      minimumAbi: { major: 0, minor: 0 },
      minimumTcb: {},
      allowSmt: true,
      requireSingleSocket: false,
      requireAliasCheck: true,
      requireCiphertextHiding: false,
      requireCrl: true,
      cspIds: [],
    })
  })

  it('keep their defaults when a part of the policy is written', () => {
    const written = referenceValuesSchema.parse({ snp: { ...least.snp, policy: { minimumTcb: { Genoa: { snp: 23 } } } } })
    expect(written.snp?.policy).toMatchObject({ requireCrl: true, allowDebug: false })
    expect(written.snp?.policy.minimumTcb).toEqual({ Genoa: { bootloader: 0, tee: 0, snp: 23, microcode: 0, fmc: 0 } })
  })

  it('are the same after they were read twice', () => {
    const once = referenceValuesSchema.parse(least)
    expect(referenceValuesSchema.parse(JSON.parse(JSON.stringify(once)))).toEqual(once)
  })

  it.each<[string, unknown]>([
    ['no root', { snp: { ...least.snp, roots: [] } }],
    ['no measurement', { snp: { ...least.snp, measurements: [] } }],
    ['a measurement in capitals', { snp: { ...least.snp, measurements: ['AA'.repeat(48)] } }],
    ['a measurement that is too short', { snp: { ...least.snp, measurements: ['22'.repeat(47)] } }],
    ['an unknown field', { snp: { ...least.snp, measurement: [] } }],
    ['an unknown policy', { snp: { ...least.snp, policy: { allowdebug: true } } }],
    ['an unknown product', { snp: { ...least.snp, roots: [{ ...root, product: 'Rome' }] } }],
    [
      'a root of which it is not said whether it is simulated',
      { snp: { ...least.snp, roots: [{ ...root, simulated: undefined }] } },
    ],
    ['a simulator that is passed off as hardware', { snp: { ...least.snp, roots: [{ ...root, simulated: false }] } }],
    ['hardware that is called a simulator', { snp: { ...least.snp, roots: [{ ...root, sha256: amdRoots.Genoa }] } }],
    ['the root of another product', { snp: { ...least.snp, roots: [{ ...root, sha256: amdRoots.Milan }] } }],
    ['an empty list of configurations', { snp: { ...least.snp, hostData: [] } }],
    ['an empty list of chips', { snp: { ...least.snp, chipIds: [] } }],
    ['a level that does not exist', { snp: { ...least.snp, policy: { vmpls: [4] } } }],
  ])('with %s are refused', (_, values) => {
    expect(referenceValuesSchema.safeParse(values).success).toBe(false)
  })

  it("AMD's own roots stand as hardware", () => {
    const roots = Object.entries(amdRoots).map(([product, sha256]) => ({ product, sha256, simulated: false }))
    expect(referenceValuesSchema.safeParse({ snp: { ...least.snp, roots } }).success).toBe(true)
  })
})
