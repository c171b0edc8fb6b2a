import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  executorChallengeBinding,
  keyHoldBinding,
  keyReleaseBinding,
  keyServiceBinding,
  keyServiceUnsealBinding,
  reportDataOf,
  workloadIdentityBinding,
} from './bindings.ts'

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
    const service = keyServiceBinding({ nonce: 'n', publicKeys: { a: 1 }, control: { b: 2 } })
    const challenge = executorChallengeBinding({ contract: 'sha256:c', nonce: 'n' })
    expect(service).toEqual({ v: 'reinraum/key-service/v2', nonce: 'n', publicKeys: { a: 1 }, control: { b: 2 } })
    expect(challenge).toEqual({ v: 'reinraum/executor-challenge/v1', contract: 'sha256:c', nonce: 'n' })
    expect(reportDataOf(service)).toHaveLength(64)
    expect(reportDataOf(service)).not.toEqual(reportDataOf(challenge))
  })
  it('for an identity says by name which nonce, key service, contract and keys it is of, and nothing more', () => {
    const fields = { nonce: 'n', keyService: 'agency', contract: 'sha256:c', sig: { ed25519: { kty: 'OKP' } } }
    const hex = (binding: typeof fields) => Buffer.from(reportDataOf(workloadIdentityBinding(binding))).toString('hex')
    expect(workloadIdentityBinding({ ...fields, ...{ v: 'other', run: 'sha256:r' } })).toEqual({
      v: 'reinraum/workload-identity/v1',
      ...fields,
    })
    const others = [
      { ...fields, nonce: 'm' },
      { ...fields, keyService: 'platform' },
      { ...fields, contract: 'sha256:d' },
      { ...fields, sig: { ed25519: { kty: 'OKQ' } } },
    ]
    expect(new Set([fields, ...others].map(hex)).size).toBe(5)
  })

  it('of no kind is that of another, even when all that is said is the same', () => {
    const same = { nonce: 'n', contract: 'sha256:c', keyService: 'agency', publicKeys: {}, unsealKey: {}, control: {} }
    const kinds = [
      keyReleaseBinding({ ...release, ...same }),
      keyHoldBinding({ ...release, ...same }),
      keyServiceBinding(same),
      keyServiceUnsealBinding(same),
      executorChallengeBinding(same),
      workloadIdentityBinding({ ...same, sig: release.sig }),
    ]
    const versions = kinds.map((binding) => (binding as { readonly v: string }).v)
    expect(new Set(versions).size).toBe(kinds.length)
    expect(new Set(kinds.map((binding) => Buffer.from(reportDataOf(binding)).toString('hex'))).size).toBe(kinds.length)
  })
})
