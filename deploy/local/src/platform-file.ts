import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSimulatedPlatform, type SimulatedPlatform, simulatedPlatformSchema } from '@reinraum/attestation'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { acquireLock } from '../bootstrap/lock-file.mjs'
import { writePrivateFile } from './private-file.ts'

/** The simulated platform in this file; made at the first use, which takes seconds. Rooms may share one file. */
export async function openPlatformFile(file: string): Promise<SimulatedPlatform> {
  const known = await readPlatform(file)
  if (known !== undefined) return known
  for (;;) {
    const lock = acquireLock(`${file}.lock`)
    if (lock.holder !== undefined) {
      await sleep(200)
      continue
    }
    try {
      const meanwhile = await readPlatform(file)
      if (meanwhile !== undefined) return meanwhile
      const platform = await createSimulatedPlatform()
      await writePrivateFile(file, JSON.stringify(platform, null, 2))
      return platform
    } finally {
      lock.release()
    }
  }
}

async function readPlatform(file: string): Promise<SimulatedPlatform | undefined> {
  const text = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const platform = simulatedPlatformSchema.safeParse(parseStrictJson(text))
  if (!platform.success) throw new ReinraumError('invalid-argument', `${file} holds no simulated platform`)
  return platform.data
}
