import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appraise, createSimulatedTdxPlatform, simulatedAttester, simulatedTdxAttester } from '@reinraum/attestation'
import { expect, test } from 'vitest'
import { openPlatformFile } from './platform-file.ts'
import { referenceValuesFor } from './reference-values.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const measurement = '5a'.repeat(48)
const reportData = new Uint8Array(64)

test.each(['snp', 'tdx'] as const)(
  'a platform of %s is made once, for its owner’s eyes only, and a contract can name it',
  async (tee) => {
    const file = join(temporaryFolder(), 'platform.json')
    const platform = await openPlatformFile(file, tee)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(await openPlatformFile(file, tee)).toEqual(platform)

    const attester =
      platform.kind === 'reinraum/simulated-tdx-platform/v1'
        ? simulatedTdxAttester(platform, { mrtd: measurement })
        : simulatedAttester(platform, { measurement })
    const { evidence, endorsements } = await attester.getEvidence(reportData)
    const resultFor = async (accepted: string) => {
      const values = referenceValuesFor(platform, accepted)
      expect(Object.keys(values)).toEqual([tee])
      return appraise(evidence, endorsements, values, { reportData }, new Date())
    }
    expect(await resultFor(measurement)).toMatchObject({ status: 'affirming', hardware: false, tee })
    expect(await resultFor('00'.repeat(48))).toMatchObject({ status: 'contraindicated', reasons: ['measurement-mismatch'] })
  },
)

test('a file that holds no simulated platform, or one of the other kind, is refused and not replaced', async () => {
  const file = join(temporaryFolder(), 'platform.json')
  for (const content of ['{}', JSON.stringify(await createSimulatedTdxPlatform())]) {
    writeFileSync(file, content)
    await expect(openPlatformFile(file, 'snp')).rejects.toMatchObject({ code: 'invalid-argument' })
    expect(readFileSync(file, 'utf8')).toBe(content)
  }
})
