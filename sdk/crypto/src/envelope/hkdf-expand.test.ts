import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../hex.ts'
import { wycheproofCases } from '../test-support/wycheproof.ts'
import { hkdfExpandSha512 } from './hkdf-expand.ts'

const cases = wycheproofCases('hkdf_sha512_test.json')

test.runIf(cases.length > 0)('HKDF-Expand agrees with every vector of HKDF-SHA-512', () => {
  for (const one of cases) {
    // Extract (RFC 5869 §2.2), which the envelope does not need.
    const pseudorandomKey = hmac(sha512, fromHex(one.salt ?? ''), fromHex(one.ikm ?? ''))
    const expand = () => toHex(hkdfExpandSha512(pseudorandomKey, fromHex(one.info ?? ''), one.size ?? 0))
    if (one.result === 'valid') expect(expand(), `case ${one.tcId}`).toBe(one.okm)
    else expect(expand, `case ${one.tcId}`).toThrow('at most 255 blocks')
  }
})
