import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type CertificateContent, encodeCertificate, encodeRevocationList } from '../simulator/certificates.ts'
import { hasVectors, listVectors, readVector } from '../testing/vectors.ts'
import { maxCertificateLength, parseCertificate } from './certificate.ts'
import { maxChildren, readChildren, readDer } from './der.ts'
import { maxEntries, maxListLength, parseRevocationList } from './revocation-list.ts'

const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2030-01-01T00:00:00Z')]

function certificateWith(extensions: CertificateContent['extensions']): Uint8Array {
  return encodeCertificate({
    vendor: 'amd',
    subject: 'ARK-Genoa',
    issuer: 'ARK-Genoa',
    serial: Uint8Array.of(1),
    notBefore,
    notAfter,
    publicKey: createPublicKey(key),
    extensions,
    signedBy: { key },
  })
}

function listWith(revoked: readonly Uint8Array[], filling = 0): Uint8Array {
  const extensions = [{ oid: '1.2.3', critical: false, value: new Uint8Array(filling) }]
  const issued = { vendor: 'amd', issuer: 'ARK-Genoa', thisUpdate: notBefore, nextUpdate: notAfter } as const
  return encodeRevocationList({ ...issued, revoked, extensions, signedBy: { key } })
}

const extension = (index: number, length = 0) => ({ oid: `1.2.3.${index}`, critical: false, value: new Uint8Array(length) })
const serials = (count: number) => Array.from({ length: count }, (_, index) => Uint8Array.of(1, index >> 8, index & 0xff))

describe('what costs time to read is bounded', () => {
  it('a certificate in its length', () => {
    const rest = certificateWith([extension(0, 3000)]).length - 3000
    const long = (length: number) => certificateWith([extension(0, length - rest)])
    expect(long(maxCertificateLength)).toHaveLength(maxCertificateLength)
    expect(parseCertificate(long(maxCertificateLength))).not.toBeNull()
    expect(parseCertificate(long(maxCertificateLength + 1))).toBeNull()
  })

  it('a certificate in its extensions', () => {
    const many = (count: number) => certificateWith(Array.from({ length: count }, (_, index) => extension(index)))
    expect(parseCertificate(many(maxChildren))?.extensions.size).toBe(maxChildren)
    expect(parseCertificate(many(maxChildren + 1))).toBeNull()
  })

  it('a list in its length', () => {
    const rest = listWith([], 20_000).length - 20_000
    const long = (length: number) => listWith([], length - rest)
    expect(long(maxListLength)).toHaveLength(maxListLength)
    expect(parseRevocationList(long(maxListLength))).not.toBeNull()
    expect(parseRevocationList(long(maxListLength + 1))).toBeNull()
  })

  it('a list in its entries', () => {
    expect(parseRevocationList(listWith(serials(maxEntries)))?.revoked.size).toBe(maxEntries)
    expect(listWith(serials(maxEntries + 1)).length).toBeLessThan(maxListLength)
    expect(parseRevocationList(listWith(serials(maxEntries + 1)))).toBeNull()
  })

  it('any other element in what it holds', () => {
    const sequence = (count: number) => readDer(Uint8Array.from([0x30, 2 * count, ...Array(count).fill([5, 0]).flat()]))
    expect(readChildren(sequence(maxChildren))).toHaveLength(maxChildren)
    expect(() => readChildren(sequence(maxChildren + 1))).toThrow('too many')
    expect(readChildren(sequence(maxChildren + 1), maxChildren + 1)).toHaveLength(maxChildren + 1)
  })

  it.skipIf(!hasVectors)('far above what the vendors write', () => {
    const files = [...listVectors('amd'), ...listVectors('snp')].filter((path) => path.endsWith('.der'))
    const lengths = files.filter((path) => !path.includes('crl')).map((path) => readVector(path).length)
    expect(2 * Math.max(...lengths)).toBeLessThan(maxCertificateLength)
    const intel = readVector('tdx/attestation-rs-collateral-2026/pck_crl_platform.der')
    expect(7 * intel.length).toBeLessThan(maxListLength)
    expect(7 * (parseRevocationList(intel)?.revoked.size ?? maxEntries)).toBeLessThan(maxEntries)
  })
})
