import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSimulatedPlatform, createSimulatedTdxPlatform, simulatedDerivedKey } from '@reinraum/attestation'
import { expect, onTestFinished, test } from 'vitest'
import { deriveTeeKey } from './derive-tee-key.ts'
import { measureCode } from './open-attester.ts'

async function fileOf(platform: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-derive-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'platform.json')
  await writeFile(file, JSON.stringify(platform))
  return file
}

test('a simulated SEV-SNP derives a key from the code that runs', async () => {
  const snp = await createSimulatedPlatform({ modulusLength: 2048 })
  const config = { kind: 'simulator', platform: await fileOf(snp) } as const
  const derived = await deriveTeeKey(config, 'keys', 'purpose')
  expect(derived).toEqual(simulatedDerivedKey(snp, { measurement: await measureCode('keys'), purpose: 'purpose' }))
  expect(await deriveTeeKey(config, 'executor', 'purpose')).not.toEqual(derived)
})

test('TDX and the kernel’s interface have no such key, and say so', async () => {
  const tdx = { kind: 'simulator', platform: await fileOf(await createSimulatedTdxPlatform()) } as const
  await expect(deriveTeeKey(tdx, 'keys', 'purpose')).rejects.toMatchObject({ code: 'unsupported' })
  const kernel = { kind: 'configfs-tsm', endorsements: '/etc/endorsements' } as const
  await expect(deriveTeeKey(kernel, 'keys', 'purpose')).rejects.toMatchObject({ code: 'unsupported' })
})
