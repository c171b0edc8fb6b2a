import { readFile } from 'node:fs/promises'
import { type Attester, measureFiles, simulatedAttester, simulatedPlatformSchema } from '@reinraum/attestation'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { listCodeFiles } from '@reinraum/kit'

/**
 * Evidence of a simulated platform. Its measurement is that of this service's own code and of everything it imports, so that
 * changed code is refused as it would be on hardware.
 * @throws ReinraumError `invalid-argument` when the platform file is none
 */
export async function openSimulatedAttester(platformFile: string): Promise<Attester> {
  const platform = simulatedPlatformSchema.safeParse(parseStrictJson(await readFile(platformFile)))
  if (!platform.success) throw new ReinraumError('invalid-argument', 'the platform file holds no simulated platform')
  return simulatedAttester(platform.data, { measurement: await measureOwnCode() })
}

/** SHA-384 over the code of the key service, in hex. */
export async function measureOwnCode(): Promise<string> {
  return measureFiles(await listCodeFiles('keys'))
}
