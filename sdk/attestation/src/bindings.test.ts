import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { executorChallengeBinding, keyReleaseBinding, keyServiceBinding, reportDataOf } from './bindings.ts'

const release = {
  nonces: { agency: 'bm9uY2U', platform: 'b3RoZXI' },
  kem: 'a2Vt',
  sig: { ed25519: { kty: 'OKP' } },
  contract: 'sha256:c',
  query: 'sha256:q',
  run: 'sha256:r',
} as const

describe('report data', () => {
  it('is SHA-512 of the canonical binding, whose keys are sorted', () => {
    const text =
      '{"contract":"sha256:c","kem":"a2Vt","nonces":{"agency":"bm9uY2U","platform":"b3RoZXI"},"query":"sha256:q",' +
      '"run":"sha256:r","sig":{"ed25519":{"kty":"OKP"}},"v":"reinraum/key-release/v1"}'
    expect(reportDataOf(keyReleaseBinding(release))).toEqual(new Uint8Array(createHash('sha512').update(text).digest()))
  })

  it('does not depend on the order in which nonces were collected', () => {
    const nonces = { platform: 'b3RoZXI', agency: 'bm9uY2U' }
    expect(reportDataOf(keyReleaseBinding({ ...release, nonces }))).toEqual(reportDataOf(keyReleaseBinding(release)))
  })

  it('changes with every field', () => {
    const others = [
      { ...release, nonces: { ...release.nonces, agency: 'bm9uY2V' } },
      { ...release, nonces: { agency: 'bm9uY2U' } },
      { ...release, kem: 'a2Vu' },
      { ...release, sig: { ed25519: { kty: 'OKQ' } } },
      { ...release, contract: 'sha256:d' },
      { ...release, query: 'sha256:d' },
      { ...release, run: 'sha256:d' },
    ]
    const all = [release, ...others].map((fields) => Buffer.from(reportDataOf(keyReleaseBinding(fields))).toString('hex'))
    expect(new Set(all).size).toBe(all.length)
  })

  it('takes no field of the caller that the binding does not name', () => {
    const extra = { ...release, v: 'reinraum/key-service/v1' }
    expect(keyReleaseBinding(extra)).toEqual({ ...release, v: 'reinraum/key-release/v1' })
  })

  it('of one kind is never that of another', () => {
    const service = keyServiceBinding({ nonce: 'n', publicKeys: { a: 1 } })
    const challenge = executorChallengeBinding({ contract: 'sha256:c', nonce: 'n' })
    expect(service).toEqual({ v: 'reinraum/key-service/v1', nonce: 'n', publicKeys: { a: 1 } })
    expect(challenge).toEqual({ v: 'reinraum/executor-challenge/v1', contract: 'sha256:c', nonce: 'n' })
    expect(reportDataOf(service)).toHaveLength(64)
    expect(reportDataOf(service)).not.toEqual(reportDataOf(challenge))
  })
})
