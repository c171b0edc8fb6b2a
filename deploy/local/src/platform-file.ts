import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createSimulatedPlatform,
  createSimulatedTdxPlatform,
  type Evidence,
  type SimulatedPlatform,
  type SimulatedTdxPlatform,
  simulatedPlatformSchema,
  simulatedTdxPlatformSchema,
} from '@reinraum/attestation'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { acquireLock } from '../bootstrap/lock-file.mjs'
import { writePrivateFile } from './private-file.ts'

/** Simulated hardware of either kind. */
export type Platform = SimulatedPlatform | SimulatedTdxPlatform

const kinds = {
  snp: { schema: simulatedPlatformSchema, make: () => createSimulatedPlatform(), name: 'SEV-SNP' },
  tdx: { schema: simulatedTdxPlatformSchema, make: () => createSimulatedTdxPlatform(), name: 'TDX' },
} as const

/**
 * The simulated platform in this file; made at the first use, which takes seconds for SEV-SNP. Rooms may share one file.
 * @throws ReinraumError `invalid-argument` when the file holds something else, be it a platform of the other kind
 */
export async function openPlatformFile(file: string, tee: Evidence['tee']): Promise<Platform> {
  const known = await readPlatform(file, tee)
  if (known !== undefined) return known
  for (;;) {
    const lock = acquireLock(`${file}.lock`)
    if (lock.holder !== undefined) {
      await sleep(200)
      continue
    }
    try {
      const meanwhile = await readPlatform(file, tee)
      if (meanwhile !== undefined) return meanwhile
      const platform = await kinds[tee].make()
      await writePrivateFile(file, JSON.stringify(platform, null, 2))
      return platform
    } finally {
      lock.release()
    }
  }
}

async function readPlatform(file: string, tee: Evidence['tee']): Promise<Platform | undefined> {
  const text = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const { schema, name } = kinds[tee]
  const platform = schema.safeParse(parseStrictJson(text))
  if (!platform.success) throw new ReinraumError('invalid-argument', `${file} holds no simulated platform of ${name}`)
  return platform.data
}
