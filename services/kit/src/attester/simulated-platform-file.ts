import { readFile } from 'node:fs/promises'
import {
  type SimulatedPlatform,
  type SimulatedTdxPlatform,
  simulatedPlatformSchema,
  simulatedTdxPlatformSchema,
} from '@reinraum/attestation'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'

const platformSchema = z.discriminatedUnion('kind', [simulatedPlatformSchema, simulatedTdxPlatformSchema])

/** @throws ReinraumError `invalid-argument` when the file holds something else */
export async function readSimulatedPlatform(file: string): Promise<SimulatedPlatform | SimulatedTdxPlatform> {
  const platform = platformSchema.safeParse(parseStrictJson(await readFile(file)))
  if (!platform.success) throw new ReinraumError('invalid-argument', 'the platform file holds no simulated platform')
  return platform.data
}
