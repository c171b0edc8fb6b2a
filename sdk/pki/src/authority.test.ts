import { createPrivateKey, X509Certificate } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { createAuthority, namesOfLocalService, restoreAuthority } from './authority.ts'

const day = 86_400_000

afterEach(() => {
  vi.useRealTimers()
})

test('a certificate carries its names in their kinds and is signed by its authority', () => {
  const authority = createAuthority()
  const { ca, cert, key } = authority.issue(...namesOfLocalService('keys/health-agency'))
  const [certificate, issuer] = [new X509Certificate(cert), new X509Certificate(ca)]
  expect(certificate.subjectAltName).toBe('URI:spiffe://reinraum/keys/health-agency, DNS:localhost, IP Address:127.0.0.1')
  expect(certificate.verify(issuer.publicKey)).toBe(true)
  expect(certificate.checkIssued(issuer)).toBe(true)
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(ca).toEqual(authority.ca)
})

test('a certificate can serve and call for seven days, and can issue nothing', () => {
  const certificate = new X509Certificate(createAuthority().issue('localhost').cert)
  expect(certificate.ca).toBe(false)
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThanOrEqual(7 * day)
  expect(Date.parse(certificate.validTo) - Date.now()).toBeGreaterThan(6.9 * day)
})

test('an authority that was kept issues what the same root vouches for', () => {
  const authority = createAuthority()
  const restored = restoreAuthority(authority)
  expect(restored?.ca).toEqual(authority.ca)
  const certificate = new X509Certificate(restored?.issue('localhost').cert ?? '')
  expect(certificate.verify(new X509Certificate(authority.ca).publicKey)).toBe(true)
})

test('an authority that its next certificate would outlive is not used again', () => {
  const authority = createAuthority()
  vi.useFakeTimers({ now: Date.now() + 24 * day, toFake: ['Date'] })
  expect(restoreAuthority(authority)).toBeUndefined()
})

test('no two authorities and no two certificates share a key', () => {
  const [one, two] = [createAuthority(), createAuthority()]
  const certificate = new X509Certificate(one.issue('localhost').cert)
  expect(certificate.verify(new X509Certificate(two.ca).publicKey)).toBe(false)
  expect(one.issue('localhost').key).not.toEqual(one.issue('localhost').key)
})
