import { type Contract, contractSchema } from '@reinraum/statements'

/**
 * Reference values for one measurement on hardware that is named as simulated; everything else as strict as it comes.
 * Unless told, a platform and a measurement that nobody has.
 */
export function simulatedExecutors(
  platform: { readonly product: string; readonly arkSha256: string } = { product: 'Genoa', arkSha256: 'ab'.repeat(32) },
  measurement: string = 'cd'.repeat(48),
): Contract['executors'] {
  const root = { product: platform.product, sha256: platform.arkSha256, simulated: true }
  return contractSchema.shape.executors.parse({
    snp: { roots: [root], measurements: [measurement], policy: { products: [platform.product] } },
  })
}
