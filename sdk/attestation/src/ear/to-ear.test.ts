import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { type Evidence, evidenceId } from '../evidence.ts'
import type { ReferenceValuesInput } from '../reference-values.ts'
import { type AttestationResult, attestationReasons, trustClaims } from '../result.ts'
import { appraiseIn, createPlatform, evidenceOf, now, referenceFor, reportData } from '../testing/simulated-evidence.ts'
import { contraindicated, noTrust } from '../verdicts.ts'
import { appraisalOf, earSchema } from './ear.ts'
import { referenceValuesId } from './reference-values-id.ts'
import { type EarStatus, earStatuses, worstTier } from './tier.ts'
import { ownVerifierId, toEar } from './to-ear.ts'

const nonce = 'n'.repeat(43)
let platform: Awaited<ReturnType<typeof createPlatform>>
let context: { now: Date; policyId: string; evidenceId: string }
let good: AttestationResult
beforeAll(async () => {
  platform = await createPlatform()
  const { evidence } = await evidenceOf(platform)
  context = { now, policyId: referenceValuesId(referenceFor(platform)), evidenceId: evidenceId(evidence) }
  good = await appraiseIn(platform)
})

describe('an EAR', () => {
  it('has the claims of draft-ietf-rats-ear-04, and what goes beyond under names of its own', () => {
    const { policyId, evidenceId } = context
    expect(toEar(good, { ...context, nonce })).toEqual({
      eat_profile: 'tag:ietf.org,2026:rats/ear#04',
      ear_status: 'affirming',
      iat: now.getTime() / 1000,
      ear_verifier_id: ownVerifierId,
      submods: {
        snp: {
          ear_status: 'affirming',
          ear_trustworthiness_vector: good.trustVector,
          ear_appraisal_policy_ids: [policyId],
          ear_attester_claims: { 'reinraum.claims': good.claims },
          ear_verifier_claims: {
            'reinraum.evidence': evidenceId,
            'reinraum.hardware': false,
            'reinraum.paravisor': null,
            'reinraum.reasons': [],
            'reinraum.waivers': [],
            'reinraum.checks': good.checks,
          },
        },
      },
      eat_nonce: nonce,
    })
  })

  it('survives being written and read', () => {
    const ear = toEar(good, context)
    expect(earSchema.parse(JSON.parse(JSON.stringify(ear)))).toEqual(ear)
  })

  it('names this version of this package, unless somebody else verifies with it', () => {
    const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      name: string
      version: string
    }
    expect(ownVerifierId.build).toBe(`${name} ${version}`)
    const verifier = { developer: 'https://example.com', build: '1' }
    expect(toEar(good, { ...context, verifier }).ear_verifier_id).toEqual(verifier)
  })

  it('can be read whatever a certificate has put into a detail', () => {
    const detail = `${'x'.repeat(5000)}`
    const checks = [detail, 'CN=\ud800', 'CN=\ufffe'].map((d) => ({
      name: 'revocation' as const,
      verdict: 'failed' as const,
      detail: d,
    }))
    const ear = toEar({ ...good, status: 'contraindicated', reasons: ['certificate-revoked'], checks }, context)
    const details = appraisalOf(ear).ear_verifier_claims['reinraum.checks'].map((check) => check.detail)
    expect(details).toEqual(['x'.repeat(1000), 'CN=\ufffd', 'CN=\ufffd'])
  })

  it.each([
    ['a nonce that is too short', { nonce: 'short' }],
    ['a nonce that is no base64url', { nonce: '+'.repeat(43) }],
    ['a policy that is no digest', { policyId: 'mine' }],
    ['evidence that is no digest', { evidenceId: 'sha256:' }],
    ['a clock that shows no time', { now: new Date(Number.NaN) }],
    ['a verifier without a name', { verifier: { developer: '', build: '' } }],
  ])('is not made with %s', (_, wrong) => {
    expect(() => toEar(good, { ...context, ...wrong })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})

describe('the status of an EAR is the worst tier of its trust vector', () => {
  const statusOf = (result: AttestationResult) => {
    const ear = toEar(result, context)
    const appraisal = appraisalOf(ear)
    const vector = appraisal.ear_trustworthiness_vector
    expect(appraisal.ear_status).toBe(worstTier(vector))
    // A vector that claims nothing has no tier: what is refused says of what it is refused.
    const values = Object.values(vector)
    expect(values.some((value) => value >= 96)).toBe(appraisal.ear_status === 'contraindicated')
    expect([ear.ear_status, result.status]).toEqual([appraisal.ear_status, appraisal.ear_status])
    return ear.ear_status
  }

  it('where every rule holds', () => expect(statusOf(good)).toBe('affirming'))

  it('where nothing could be looked at', async () => {
    const { evidence, endorsements } = await evidenceOf(platform)
    const judge = (e: unknown, reference: unknown = referenceFor(platform)) =>
      appraise(e as Evidence, endorsements, reference as ReferenceValuesInput, { reportData }, now)
    for (const result of [
      await judge({ tee: 'snp', report: new Uint8Array(3) }),
      await judge({ tee: 'tdx', quote: new Uint8Array(3) }),
      await judge({ tee: 'sgx' }),
      await judge(null),
      await judge(evidence, {}),
    ]) {
      expect(statusOf(result)).toBe('contraindicated')
    }
  })

  it('for every reason for which nothing is looked at', () => {
    for (const reason of attestationReasons) {
      const check = { name: 'evidence-type' as const, verdict: 'failed' as const, detail: '' }
      expect(statusOf(contraindicated('unknown', reason, [check]))).toBe('contraindicated')
    }
  })

  it('and never better than either, whatever a result says', () => {
    const vector = fc.record(Object.fromEntries(trustClaims.map((name) => [name, fc.integer({ min: -128, max: 127 })])))
    fc.assert(
      fc.property(fc.constantFrom(...earStatuses), vector, (status, trustVector) => {
        const reasons = status === 'contraindicated' ? (['malformed-evidence'] as const) : []
        const waivers = status === 'warning' ? (['debug'] as const) : []
        const ear = toEar({ ...good, status, reasons, waivers, trustVector: { ...noTrust(0), ...trustVector } }, context)
        const rank = (s: EarStatus) => earStatuses.indexOf(s)
        expect(rank(ear.ear_status)).toBe(Math.max(rank(status), rank(worstTier(trustVector))))
      }),
    )
  })
})

describe('tiers are those of AR4SI §2.3.2', () => {
  it.each([
    [2, 'affirming'],
    [31, 'affirming'],
    [-2, 'affirming'],
    [-32, 'affirming'],
    [32, 'warning'],
    [95, 'warning'],
    [-33, 'warning'],
    [-96, 'warning'],
    [96, 'contraindicated'],
    [127, 'contraindicated'],
    [-97, 'contraindicated'],
    [-128, 'contraindicated'],
  ])('%i is %s', (value, tier) => expect(worstTier({ hardware: 2, executables: value })).toBe(tier))

  it.each([0, 1, -1])('%i claims nothing, and where nothing is claimed nothing is affirmed', (value) => {
    expect(worstTier({ hardware: value })).toBe('contraindicated')
    expect(worstTier({ hardware: value, executables: 2 })).toBe('affirming')
  })
})

describe('the id of reference values', () => {
  it('is the same whether a default is written out or not, and in whatever order', () => {
    const { snp } = referenceFor(platform)
    const written = { ...referenceFor(platform, { policy: { allowDebug: false, vmpls: [0] } }) }
    const turned = { snp: Object.fromEntries(Object.entries(snp ?? {}).toReversed()) } as ReferenceValuesInput
    expect(referenceValuesId(written)).toBe(context.policyId)
    expect(referenceValuesId(turned)).toBe(context.policyId)
  })

  it('is another for anything else, and there is none for what are none', () => {
    expect(referenceValuesId(referenceFor(platform, { policy: { allowDebug: true } }))).not.toBe(context.policyId)
    expect(() => referenceValuesId({})).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
