import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { signWorkloadAuthority, signWorkloadCertificate } from './workload-authority.ts'

const hour = 3600_000
const start = Date.UTC(2026, 0, 1, 0, 0, 0, 900)
const validity = { notBefore: new Date(start), notAfter: new Date(start + hour) }
const issuing = generateKeyPairSync('ed25519')
const workload = generateKeyPairSync('ed25519')
const authority = signWorkloadAuthority({
  name: 'key service shared',
  trustDomain: 'reinraum',
  privateKey: issuing.privateKey,
  validity: { notBefore: new Date(start), notAfter: new Date(Date.UTC(2050, 0, 1)) },
})
const uri = 'spiffe://reinraum/executor'
const issue = () =>
  new X509Certificate(
    signWorkloadCertificate({ authority, privateKey: issuing.privateKey, publicKey: workload.publicKey, uri, validity }),
  )

test('an authority signs itself, issues, and says for which names', () => {
  const certificate = new X509Certificate(authority)
  expect(certificate.ca).toBe(true)
  expect(certificate.verify(issuing.publicKey)).toBe(true)
  expect(certificate.checkIssued(certificate)).toBe(true)
  expect(certificate.subject).toBe('CN=key service shared')
  // 2050 and later is GeneralizedTime, which every reader of X.509 expects there.
  expect(Date.parse(certificate.validTo)).toBe(Date.UTC(2050, 0, 1))
})

test('a workload certificate carries one URI and the key that it is for, and cannot issue', () => {
  const certificate = issue()
  expect(certificate.subjectAltName).toBe(`URI:${uri}`)
  expect(certificate.publicKey.equals(workload.publicKey)).toBe(true)
  expect(certificate.ca).toBe(false)
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  expect(certificate.checkIssued(new X509Certificate(authority))).toBe(true)
  expect(certificate.verify(issuing.publicKey)).toBe(true)
})

test('a certificate never outlives what was asked for: fractions of a second are cut off', () => {
  const certificate = issue()
  expect(Date.parse(certificate.validFrom)).toBe(start - 900)
  expect(Date.parse(certificate.validTo)).toBe(start + hour - 900)
})

test('every certificate has a serial number of its own, positive and of 16 bytes', () => {
  const serials = Array.from({ length: 20 }, () => issue().serialNumber)
  expect(new Set(serials).size).toBe(20)
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/)
})

test('an authority is not told apart from its successor by its name, but by its key', () => {
  const next = generateKeyPairSync('ed25519')
  const options = { name: 'key service shared', trustDomain: 'reinraum', privateKey: next.privateKey, validity }
  const successor = new X509Certificate(signWorkloadAuthority(options))
  expect(successor.subject).toBe(new X509Certificate(authority).subject)
  expect(issue().checkIssued(successor)).toBe(false)
})
