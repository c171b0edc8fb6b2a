import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { createSha256, digestId, sha256, sha384, sha512 } from './hash.ts'
import { toHex } from './hex.ts'

// FIPS 180-4, the example "abc".
test('gives the digests of the standard', () => {
  const abc = utf8('abc')
  expect(toHex(sha256(abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(toHex(sha384(abc))).toBe(
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  )
  expect(toHex(sha512(abc))).toBe(
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  )
  expect(digestId(abc)).toBe(`sha256:${toHex(sha256(abc))}`)
})

test('hashes a stream as it hashes the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const hash = createSha256()
      hash.update(bytes.subarray(0, cut))
      hash.update(bytes.subarray(cut))
      expect(hash.digest()).toEqual(sha256(bytes))
    }),
  )
})
