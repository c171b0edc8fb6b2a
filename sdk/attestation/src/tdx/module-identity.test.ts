import { beforeAll, expect, it } from 'vitest'
import type { TcbInfo } from '../simulator/tdx/collateral.ts'
import type { SimulatedTdxPlatform } from '../simulator/tdx/platform.ts'
import { appraiseTdxIn, createTdxPlatform } from '../testing/simulated-tdx-evidence.ts'

let platform: SimulatedTdxPlatform
beforeAll(async () => {
  platform = await createTdxPlatform()
})

function withAttributes(attributes: string, attributesMask: string) {
  return (info: TcbInfo) => ({
    ...info,
    tdxModuleIdentities: info.tdxModuleIdentities?.map((identity) => ({ ...identity, attributes, attributesMask })),
  })
}

it('a module without the attributes that Intel names is another module', async () => {
  const tcbInfo = withAttributes('0000000000000001', 'FFFFFFFFFFFFFFFF')
  const result = await appraiseTdxIn(platform, { overrides: { tcbInfo } })
  expect(result.reasons).toEqual(['module-identity-mismatch'])
  expect(result).toMatchObject({ claims: null, hardware: false })
})

it('attributes that Intel masks out are not looked for, and still must not be set', async () => {
  const tcbInfo = withAttributes('0000000000000000', '0000000000000000')
  expect((await appraiseTdxIn(platform, { overrides: { tcbInfo } })).status).toBe('affirming')
  const result = await appraiseTdxIn(platform, { overrides: { tcbInfo, body: { seamAttributes: 1n } } })
  expect(result.reasons).toEqual(['module-identity-mismatch'])
})
