import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type GoodEvidence, judge, simulated } from '../testing/hostile/good-evidence.ts'
import { flipped } from '../testing/hostile/mutations.ts'
import { type Part, partsOf } from '../testing/hostile/parts.ts'
import { createPlatform, evidenceOf, now, referenceFor, reportData } from '../testing/simulated-evidence.ts'
import { createTdxPlatform, tdxEvidenceOf, tdxReferenceFor } from '../testing/simulated-tdx-evidence.ts'
import { parseCertificate } from '../x509/certificate.ts'
import { readPem } from '../x509/pem.ts'

/** In the year after everything of the simulators has ended. */
const late = new Date('2060-01-01T00:00:00Z')

async function expectAffirming(good: GoodEvidence): Promise<void> {
  expect(await judge(good)).toMatchObject({ status: 'affirming', reasons: [] })
}

/** Near the beginning, in the middle, and in the signature at the end. */
function changesOf({ bytes }: Part): Uint8Array[] {
  return [40, bytes.length >> 1, bytes.length - 4].map((at) => flipped(bytes, 8 * at))
}

const kinds = Object.entries(simulated).filter(([name]) => !name.includes('paravisor'))

describe('what is remembered', () => {
  it.each(kinds)('of %s lends nothing to bytes that are nearly the same, and loses nothing by them', async (_, make) => {
    const good = await make()
    const kept = partsOf(good).filter(({ name }) => !['report', 'quote', 'eventLog'].includes(name))
    expect(kept.length).toBeGreaterThan(3)
    await expectAffirming(good)
    for (const part of kept) {
      for (const changed of changesOf(part)) {
        expect([part.name, (await judge(part.replaced(changed))).status]).toEqual([part.name, 'contraindicated'])
        await expectAffirming(good)
      }
    }
  })

  it.each(kinds)('of %s is no verdict: with other clocks it has others', async (_, make) => {
    const good = await make()
    await expectAffirming(good)
    const expired = await judge({ ...good, now: late })
    expect(expired.reasons).toContain('certificate-expired')
    expect(expired).toMatchObject({ status: 'contraindicated', hardware: false })
    await expectAffirming(good)
    const early = await judge({ ...good, now: new Date('2020-01-01T00:00:00Z') })
    expect(early.reasons).toContain('certificate-not-yet-valid')
    await expectAffirming(good)
  })

  it('of a report under a list that revokes its key is no verdict on that key, nor the other way round', async () => {
    const platform = await createPlatform()
    const fresh: GoodEvidence = { ...(await evidenceOf(platform)), reference: referenceFor(platform), reportData, now }
    const ask = parseCertificate(fresh.endorsements.certificates[1] ?? new Uint8Array(0))
    const serial = Uint8Array.from(Buffer.from(ask?.serial ?? '', 'hex'))
    const { endorsements } = await evidenceOf(platform, { crl: (list) => ({ ...list, revoked: [serial] }) })
    const revoked = { ...fresh, endorsements: { ...fresh.endorsements, crls: endorsements.crls } }
    for (const _ of [1, 2]) {
      await expectAffirming(fresh)
      expect((await judge(revoked)).reasons).toEqual(['certificate-revoked'])
    }
    // Nothing is asked of a root that is no longer pinned, whatever it signed before.
    const unpinned = referenceFor(await createPlatform())
    expect((await judge({ ...fresh, reference: unpinned })).reasons).toEqual(['root-not-pinned'])
    await expectAffirming(fresh)
  })

  it('of a quote under a list that revokes its key is no verdict on that key, nor the other way round', async () => {
    const platform = await createTdxPlatform()
    const made = await tdxEvidenceOf(platform)
    const fresh: GoodEvidence = { ...made, reference: tdxReferenceFor(platform), reportData, now }
    const text = Buffer.from(made.evidence.quote).toString('latin1')
    const [der] = readPem(text.slice(text.indexOf('-----BEGIN'), text.lastIndexOf('-----') + 5), 'CERTIFICATE', 3) ?? []
    const pck = parseCertificate(der ?? new Uint8Array(0))
    const serial = Uint8Array.from(Buffer.from(pck?.serial ?? '', 'hex'))
    const { endorsements } = await tdxEvidenceOf(platform, {
      overrides: { pckCrl: (list) => ({ ...list, revoked: [serial] }) },
    })
    const revoked = { ...fresh, endorsements }
    for (const _ of [1, 2]) {
      await expectAffirming(fresh)
      expect((await judge(revoked)).reasons).toEqual(['certificate-revoked'])
    }
    const unpinned = tdxReferenceFor(await createTdxPlatform())
    expect((await judge({ ...fresh, reference: unpinned })).reasons).toEqual(['root-not-pinned'])
    await expectAffirming(fresh)
  })

  it('of a signature that holds is for the one key that made it', async () => {
    const platform = await createPlatform()
    const good: GoodEvidence = { ...(await evidenceOf(platform)), reference: referenceFor(platform), reportData, now }
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { endorsements } = await evidenceOf(platform, { ca: (content) => ({ ...content, publicKey }) })
    await expectAffirming(good)
    expect((await judge({ ...good, endorsements })).reasons).toEqual(['chain-signature-invalid'])
    await expectAffirming(good)
  })
})
