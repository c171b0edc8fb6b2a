import { X509Certificate } from 'node:crypto'
import { fromBase64url } from '@reinraum/crypto'
import { expect, it } from 'vitest'
import { appraise } from '../../appraise.ts'
import { measurement, now, referenceFor, reportData } from '../../testing/simulated-evidence.ts'
import { simulatedAttester } from './attester.ts'
import { createSimulatedPlatform, simulatedPlatformSchema } from './platform.ts'

it('a platform is written to JSON, read back, and attests; its keys are as large as those of AMD', async () => {
  const created = await createSimulatedPlatform({ now })
  const platform = simulatedPlatformSchema.parse(JSON.parse(JSON.stringify(created)))
  expect(platform).toEqual(created)
  const read = (der: string) => new X509Certificate(fromBase64url(der))
  const [ark, ask, vcek] = [read(platform.certificates.ark), read(platform.certificates.ask), read(platform.certificates.vcek)]
  expect([ark, ask].map((c) => c.publicKey.asymmetricKeyDetails?.modulusLength)).toEqual([4096, 4096])
  expect(vcek.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
  // OpenSSL verifies what we made, by the algorithm that the certificate itself names.
  expect([ark.verify(ark.publicKey), ask.verify(ark.publicKey), vcek.verify(ask.publicKey)]).toEqual([true, true, true])
  const { evidence, endorsements } = await simulatedAttester(platform, { measurement }).getEvidence(reportData)
  const result = await appraise(evidence, endorsements, referenceFor(platform), { reportData }, now)
  expect(result).toMatchObject({ status: 'affirming', hardware: false })
})

it('two platforms have two roots, and neither vouches for the other', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => createSimulatedPlatform({ now, modulusLength: 2048 })))
  if (one === undefined || other === undefined) throw new Error('two platforms were made')
  const { evidence, endorsements } = await simulatedAttester(one, { measurement }).getEvidence(reportData)
  const result = await appraise(evidence, endorsements, referenceFor(other), { reportData }, now)
  expect(result).toMatchObject({ status: 'contraindicated', reasons: ['root-not-pinned'] })
})

it('a file that is no platform is refused', () => {
  expect(simulatedPlatformSchema.safeParse({ kind: 'reinraum/simulated-platform/v1' }).success).toBe(false)
})
