import { toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { parseRevocationList } from './revocation-list.ts'

describe.skipIf(!hasVectors)('the revocation lists of the vendors', () => {
  it.each([
    ['amd/crl_genoa.der', 'rsa-pss-sha384', 'ARK-Genoa', '2025-11-03'],
    ['amd/crl_milan.der', 'rsa-pss-sha384', 'ARK-Milan', '2026-05-12'],
    ['tdx/attestation-rs-collateral-2026/root_ca_crl.der', 'ecdsa-p256-sha256', 'Intel SGX Root CA', '2027-02-26'],
    ['tdx/attestation-rs-collateral-2026/pck_crl_platform.der', 'ecdsa-p256-sha256', 'Intel SGX PCK Platform CA', '2026-04-15'],
  ])('%s', (path, algorithm, commonName, end) => {
    const list = parseRevocationList(readVector(path))
    expect(list).toMatchObject({ algorithm, issuer: { commonName } })
    expect(list?.nextUpdate.toISOString().slice(0, 10)).toBe(end)
  })

  it('name whom they revoke, by serials that begin with no zero', () => {
    const read = (path: string) => parseRevocationList(readVector(`tdx/attestation-rs-collateral-2026/${path}`))
    const [root, pck] = [read('root_ca_crl.der'), read('pck_crl_platform.der')]
    expect([root?.revoked.size, root?.number, pck?.number]).toEqual([0, 1n, 1n])
    // As openssl prints the first, and one whose INTEGER has a leading zero.
    for (const serial of ['6fc34e5023e728923435d61aa4b83c618166ad35', 'efae6e9715fca13b87e333e8261ed6d990a926ad']) {
      expect(pck?.revoked.has(serial)).toBe(true)
    }
    const der = toHex(readVector('tdx/attestation-rs-collateral-2026/pck_crl_platform.der'))
    expect(pck?.revoked.size).toBe(der.split('0603551d1504030a01').length - 1)
  })

  it('are exactly one list: a byte less, a byte more or another one behind it is none', () => {
    const der = readVector('tdx/attestation-rs-collateral-2026/root_ca_crl.der')
    expect(parseRevocationList(der.subarray(0, -1))).toBeNull()
    expect(parseRevocationList(Uint8Array.of(...der, 0))).toBeNull()
    expect(parseRevocationList(Uint8Array.of(...der, ...der))).toBeNull()
  })
})
