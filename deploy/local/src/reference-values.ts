import { type ReferenceValues, referenceValuesSchema } from '@reinraum/attestation'
import type { Platform } from './platform-file.ts'

/** SHA-256 in hex of the DER of the platform's root: what names it in a contract. */
export function rootOf(platform: Platform): string {
  return platform.kind === 'reinraum/simulated-tdx-platform/v1' ? platform.rootSha256 : platform.arkSha256
}

/** A simulated guest measures nothing at run time: its code is in the MRTD. */
const zero = '00'.repeat(48)

/**
 * What a contract names so that code of this measurement on this platform is acceptable, with every default. The other kind of
 * hardware is not named, so no evidence of it is accepted.
 * @param measurement SHA-384 in hex
 */
export function referenceValuesFor(platform: Platform, measurement: string): ReferenceValues {
  const root = { sha256: rootOf(platform), simulated: true }
  return referenceValuesSchema.parse(
    platform.kind === 'reinraum/simulated-tdx-platform/v1'
      ? { tdx: { roots: [root], mrtd: [measurement], rtmr1: [zero], rtmr2: [zero] } }
      : { snp: { roots: [{ product: platform.product, ...root }], measurements: [measurement] } },
  )
}
