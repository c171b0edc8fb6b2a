import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openAuthority } from './pki.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const day = 86_400_000

test('a certificate names one service on this machine, for seven days, signed by the room', async () => {
  const authority = await openAuthority(temporaryFolder())
  const files = await authority.issue('keys/health-agency')
  const certificate = new X509Certificate(readFileSync(files.cert))
  const ca = new X509Certificate(readFileSync(files.ca))
  expect(certificate.subjectAltName).toBe('URI:spiffe://reinraum/keys/health-agency, DNS:localhost, IP Address:127.0.0.1')
  expect(certificate.verify(ca.publicKey)).toBe(true)
  expect(certificate.checkIssued(ca)).toBe(true)
  expect(certificate.ca).toBe(false)
  expect(ca.ca).toBe(true)
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThanOrEqual(7 * day)
  expect(Date.parse(certificate.validTo) - Date.now()).toBeGreaterThan(6.9 * day)
})

test('keys are readable by their owner only', async () => {
  const folder = temporaryFolder()
  const files = await (await openAuthority(folder)).issue('governance')
  for (const file of [files.key, join(folder, 'ca.key')]) expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('the authority is the same at the next start, the certificates are fresh', async () => {
  const folder = temporaryFolder()
  const first = await openAuthority(folder)
  const before = readFileSync((await first.issue('release')).cert, 'utf8')
  const second = await openAuthority(folder)
  expect(second.ca).toBe(first.ca)
  const after = await second.issue('release')
  expect(readFileSync(after.cert, 'utf8')).not.toBe(before)
  expect(new X509Certificate(readFileSync(after.cert)).verify(new X509Certificate(first.ca).publicKey)).toBe(true)
})

test('rooms do not trust each other', async () => {
  const [one, two] = await Promise.all([openAuthority(temporaryFolder()), openAuthority(temporaryFolder())])
  const certificate = new X509Certificate(readFileSync((await one.issue('executor')).cert))
  expect(certificate.verify(new X509Certificate(two.ca).publicKey)).toBe(false)
})
