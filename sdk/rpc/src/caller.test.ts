import { expect, test } from 'vitest'
import { parseSpiffeId, serviceOf } from './caller.ts'

const named = (subjectaltname: string) => serviceOf({ subjectaltname } as never)

test('a service id is one or two lower-case segments under our trust domain', () => {
  expect(parseSpiffeId('spiffe://reinraum/executor')).toBe('executor')
  expect(parseSpiffeId('spiffe://reinraum/keys/health-agency')).toBe('keys/health-agency')
})

test.each([
  'spiffe://reinraum',
  'spiffe://reinraum/',
  'spiffe://reinraum/keys/',
  'spiffe://reinraum//keys',
  'spiffe://reinraum/keys/a/b',
  'spiffe://reinraum/Keys',
  'spiffe://reinraum/keys/..',
  'spiffe://reinraum/keys%2fa',
  'spiffe://reinraum:443/keys',
  'spiffe://x@reinraum/keys',
  'SPIFFE://reinraum/keys',
  'spiffe://reinraum.example/keys',
  'spiffe://reinraum/executor\n',
  ' spiffe://reinraum/executor',
])('%j names no service', (uri) => {
  expect(() => parseSpiffeId(uri)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('other names of a certificate are not mistaken for its URI', () => {
  expect(named('DNS:localhost, URI:spiffe://reinraum/keys, IP Address:127.0.0.1')).toBe('keys')
  expect(named('DNS:"a, URI:spiffe://reinraum/keys", URI:spiffe://reinraum/executor')).toBe('executor')
})

test.each([
  '',
  'DNS:localhost',
  'DNS:"a, URI:spiffe://reinraum/keys"',
  'URI:"spiffe://reinraum/keys"',
  'URI:spiffe://reinraum/keys, URI:spiffe://reinraum/keys',
  'DNS:"unterminated, URI:spiffe://reinraum/keys',
  'DNS:a", URI:spiffe://reinraum/keys',
  'garbage',
])('%j names no service', (text) => {
  expect(() => named(text)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('a connection without a certificate is nobody', () => {
  expect(() => serviceOf(undefined)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})
